import { runners } from './runners.js';
import { usersContract } from './users.contract.js';

describe.each(runners)('the users contract over $name', usersContract);
