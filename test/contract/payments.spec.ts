import { paymentsContract } from './payments.contract.js';
import { runners } from './runners.js';

describe.each(runners)('the payments contract over $name', paymentsContract);
