import { ordersContract } from './orders.contract.js';
import { runners } from './runners.js';

describe.each(runners)('the orders contract over $name', ordersContract);
