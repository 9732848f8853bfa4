import { inventory } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { inventoryContract } from './inventory.contract.js';
import { remote, waysOf } from './runners.js';

const ways = [...waysOf(InventoryModule, inventory), remote];
describe.each(ways)('the inventory contract over $name', inventoryContract);
