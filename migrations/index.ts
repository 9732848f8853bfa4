import type { MigrationInterface } from 'typeorm';
import { Stock1764000000201 } from './inventory/0001-stock.js';
import { Orders1764000000401 } from './orders/0001-orders.js';
import { Payments1764000000301 } from './payments/0001-payments.js';
import { Commands1764000000001 } from './strangler/0001-commands.js';
import { Ownership1764000000002 } from './strangler/0002-ownership.js';
import { Accounts1764000000101 } from './users/0001-accounts.js';

/** A migration. TypeORM wants its name to end in 13 digits, a JavaScript timestamp, and runs them in that order. */
export type Migration = new () => MigrationInterface;

/** Every module's migrations, by its schema. Named one by one: a file that a glob misses is a table that is missing. */
export const migrations: Readonly<Record<string, readonly Migration[]>> = {
  strangler: [Commands1764000000001, Ownership1764000000002],
  users: [Accounts1764000000101],
  inventory: [Stock1764000000201],
  payments: [Payments1764000000301],
  orders: [Orders1764000000401],
};
