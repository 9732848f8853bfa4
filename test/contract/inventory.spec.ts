import { inventoryContract } from './inventory.contract.js';
import { runners } from './runners.js';

describe.each(runners)('the inventory contract over $name', inventoryContract);
