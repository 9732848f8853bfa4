import { inventory } from './inventory.js';
import { notifications } from './notifications.js';
import { orders } from './orders.js';
import { payments } from './payments.js';
import { users } from './users.js';

/** Every contract of the shop. */
export const contracts = [users, inventory, payments, orders, notifications] as const;
