import type { MigrationInterface } from 'typeorm';
import { GatewayRoutes1764000000601 } from './gateway/0001-routes.js';
import { GatewayMembers1764000000602 } from './gateway/0002-members.js';
import { EdgeRoutes1764000000603 } from './gateway/0003-edge-routes.js';
import { EdgeApprovals1764000000604 } from './gateway/0004-approvals.js';
import { Stock1764000000201 } from './inventory/0001-stock.js';
import { Attempts1764000000501 } from './limits/0001-attempts.js';
import { Orders1764000000401 } from './orders/0001-orders.js';
import { Payments1764000000301 } from './payments/0001-payments.js';
import { Commands1764000000001 } from './strangler/0001-commands.js';
import { Ownership1764000000002 } from './strangler/0002-ownership.js';
import { CommandParts1764000000003 } from './strangler/0003-command-parts.js';
import { Control1764000000004 } from './strangler/0004-control.js';
import { Shadow1764000000005 } from './strangler/0005-shadow.js';
import { Routes1764000000006 } from './strangler/0006-routes.js';
import { Evidence1764000000007 } from './strangler/0007-evidence.js';
import { Steering1764000000008 } from './strangler/0008-steering.js';
import { Notes1764000000009 } from './strangler/0009-notes.js';
import { Continuity1764000000010 } from './strangler/0010-continuity.js';
import { Claims1764000000011 } from './strangler/0011-claims.js';
import { Outbox1764000000012 } from './strangler/0012-outbox.js';
import { Reads1764000000014 } from './strangler/0014-reads.js';
import { Releases1764000000017 } from './strangler/0017-releases.js';
import { Capture1764000000018 } from './strangler/0018-capture.js';
import { Moved1764000000019 } from './strangler/0019-moved.js';
import { PutBackInPlace1764000000020 } from './strangler/0020-put-back-in-place.js';
import { CapturedRows1764000000021 } from './strangler/0021-captured-rows.js';
import { CaptureChecked1764000000023 } from './strangler/0023-capture-checked.js';
import { OwnerMigrations1764000000024 } from './strangler/0024-owner-migrations.js';
import { Fences1764000000025 } from './strangler/0025-fences.js';
import { Pruning1764000000026 } from './strangler/0026-pruning.js';
import { Privacy1764000000027 } from './strangler/0027-privacy.js';
import { KeptPlans1764000000033 } from './strangler/0033-kept-plans.js';
import { RowsOfTheOtherSide1764000000034 } from './strangler/0034-rows-of-the-other-side.js';
import { OwnerMigrationsProgress1764000000035 } from './strangler/0035-owner-migrations-progress.js';
import { CaptureBroken1764000000036 } from './strangler/0036-capture-broken.js';
import { CallerKeys1764000000037 } from './strangler/0037-caller-keys.js';
import { AllSign1764000000038 } from './strangler/0038-all-sign.js';
import { Accounts1764000000101 } from './users/0001-accounts.js';
import { SplitName1764000000102 } from './users/0002-split-name.js';
import { Sessions1764000000103 } from './users/0003-sessions.js';

/** A migration. TypeORM wants its name to end in 13 digits, a JavaScript timestamp, and runs them in that order. */
export type Migration = new () => MigrationInterface & {
  /** The lowest release whose processes can work after it; older ones have to end before it runs. */
  readonly lowestRelease?: string;
};

/** Every module's migrations, by its schema. Named one by one: a file that a glob misses is a table that is missing. */
export const migrations: Readonly<Record<string, readonly Migration[]>> = {
  strangler: [
    Commands1764000000001,
    Ownership1764000000002,
    CommandParts1764000000003,
    Control1764000000004,
    Shadow1764000000005,
    Routes1764000000006,
    Evidence1764000000007,
    Steering1764000000008,
    Notes1764000000009,
    Continuity1764000000010,
    Claims1764000000011,
    Outbox1764000000012,
    Reads1764000000014,
    Releases1764000000017,
    Capture1764000000018,
    Moved1764000000019,
    PutBackInPlace1764000000020,
    CapturedRows1764000000021,
    CaptureChecked1764000000023,
    OwnerMigrations1764000000024,
    Fences1764000000025,
    Pruning1764000000026,
    Privacy1764000000027,
    KeptPlans1764000000033,
    RowsOfTheOtherSide1764000000034,
    OwnerMigrationsProgress1764000000035,
    CaptureBroken1764000000036,
    CallerKeys1764000000037,
    AllSign1764000000038,
  ],
  users: [Accounts1764000000101, Sessions1764000000103],
  gateway: [
    GatewayRoutes1764000000601,
    GatewayMembers1764000000602,
    EdgeRoutes1764000000603,
    EdgeApprovals1764000000604,
  ],
  inventory: [Stock1764000000201],
  payments: [Payments1764000000301],
  orders: [Orders1764000000401],
  limits: [Attempts1764000000501],
};

/** Those that run only where a module has a database of its own: its schema may differ from the monolith's there. */
export const extractedMigrations: Readonly<Record<string, readonly Migration[]>> = {
  users: [SplitName1764000000102],
};
