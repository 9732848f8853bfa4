import type { MigrationInterface } from 'typeorm';
import { GatewayRoutes1764000000601 } from './gateway/0001-routes.js';
import { GatewayMembers1764000000602 } from './gateway/0002-members.js';
import { EdgeRoutes1764000000603 } from './gateway/0003-edge-routes.js';
import { EdgeApprovals1764000000604 } from './gateway/0004-approvals.js';
import { EdgeUpstreams1764000000605 } from './gateway/0005-upstreams.js';
import { GatewayNamespaces1764000000606 } from './gateway/0006-namespaces.js';
import { Stock1764000000201 } from './inventory/0001-stock.js';
import { InventoryEvents1764000000202 } from './inventory/0002-events.js';
import { Attempts1764000000501 } from './limits/0001-attempts.js';
import { Mails1764000000701 } from './notifications/0001-mails.js';
import { FailedMails1764000000702 } from './notifications/0002-failed-mails.js';
import { Orders1764000000401 } from './orders/0001-orders.js';
import { OrdersEvents1764000000402 } from './orders/0002-events.js';
import { Customers1764000000403 } from './orders/0003-customers.js';
import { CustomerSales1764000000404 } from './orders/0004-customer-sales.js';
import { Payments1764000000301 } from './payments/0001-payments.js';
import { PaymentsEvents1764000000302 } from './payments/0002-events.js';
import { Accounts1764000000101 } from './users/0001-accounts.js';
import { SplitName1764000000102 } from './users/0002-split-name.js';
import { Sessions1764000000103 } from './users/0003-sessions.js';
import { UsersEvents1764000000104 } from './users/0004-events.js';

/** A migration. TypeORM wants its name to end in 13 digits, a JavaScript timestamp, and runs them in that order. */
export type Migration = new () => MigrationInterface & {
  /** The lowest release whose processes can work after it; older ones have to end before it runs. */
  readonly lowestRelease?: string;
};

/** Every module's migrations, by its schema. Named one by one: a file that a glob misses is a table that is missing. */
export const migrations: Readonly<Record<string, readonly Migration[]>> = {
  users: [Accounts1764000000101, Sessions1764000000103, UsersEvents1764000000104],
  gateway: [
    GatewayRoutes1764000000601,
    GatewayMembers1764000000602,
    EdgeRoutes1764000000603,
    EdgeApprovals1764000000604,
    EdgeUpstreams1764000000605,
    GatewayNamespaces1764000000606,
  ],
  inventory: [Stock1764000000201, InventoryEvents1764000000202],
  payments: [Payments1764000000301, PaymentsEvents1764000000302],
  orders: [
    Orders1764000000401,
    OrdersEvents1764000000402,
    Customers1764000000403,
    CustomerSales1764000000404,
  ],
  notifications: [Mails1764000000701, FailedMails1764000000702],
  limits: [Attempts1764000000501],
};

/** Those that run only where a module has a database of its own: its schema may differ from the monolith's there. */
export const extractedMigrations: Readonly<Record<string, readonly Migration[]>> = {
  users: [SplitName1764000000102],
};
