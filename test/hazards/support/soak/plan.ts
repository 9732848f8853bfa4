import { moduleNames, type ModuleName } from '../../../support/module-names.js';
import { sides as bothSides, type Side } from '#strangler/routes/phase';
import { crews, type Crew } from '../crews.js';
import type { Place } from '../moving-modules.js';
import { Random } from '../random.js';
import { endless, lastPlacesOf, walksOf } from '../draws.js';
import type { Walk } from '../walks.js';

/** Where connections of a crew lead to its database: through the pooler, or straight to the server. */
export type Way = 'pooled' | 'direct';

/** What fails, or is done by those who run the shop. */
export type Deed =
  | { kind: 'kill'; crew: Crew; module: ModuleName }
  | { kind: 'freeze'; crew: Crew; ways: readonly Way[]; all: boolean }
  | { kind: 'pooler restarts'; side: Side }
  | { kind: 'database crashes'; side: Side }
  | { kind: 'NATS dies' }
  | { kind: 'release'; side: Side };

/** Customers are promised to notice nothing of these. */
export const isPeaceful = ({ kind }: Deed): boolean => kind === 'release';

/** How the schema of a table changes, by the steps of docs/schema-changes.md; each first on one side. */
export interface Change {
  table: 'inventory.stock_item' | 'inventory.reservation' | 'orders.orders' | 'payments.payment';
  first: Side;
}

/** What one soak does: three things at a time, each in an order that depends on the seed alone. */
export interface Plan {
  deeds: Iterator<Deed, never>;
  walks: Iterator<Walk, never>;
  changes: Iterator<Change, never>;
  /** Where the modules are in the end: all of them have a copy. */
  last: Readonly<Record<ModuleName, Place>>;
}

const ways: readonly (readonly Way[])[] = [['pooled'], ['direct'], ['pooled', 'direct']];
const tables = [
  'inventory.stock_item',
  'inventory.reservation',
  'orders.orders',
  'payments.payment',
] as const;

const deeds: Readonly<Record<Deed['kind'], (random: Random) => Deed>> = {
  kill: (random) => ({ kind: 'kill', crew: crew(random), module: random.pick(moduleNames) }),
  freeze: (random) => ({
    ...{ kind: 'freeze', crew: crew(random) },
    ...{ ways: random.pick(ways), all: random.next() < 0.5 },
  }),
  'pooler restarts': (random) => ({ kind: 'pooler restarts', side: random.pick(bothSides) }),
  'database crashes': (random) => ({ kind: 'database crashes', side: random.pick(bothSides) }),
  'NATS dies': () => ({ kind: 'NATS dies' }),
  release: (random) => ({ kind: 'release', side: random.pick(bothSides) }),
};

/** Those that fail most often come most often. */
const kinds: readonly Deed['kind'][] = [
  ...(['kill', 'freeze', 'pooler restarts', 'release', 'kill', 'freeze'] as const),
  ...(['NATS dies', 'database crashes'] as const),
];

/** The plan of a seed. Pure. */
export function planOf(seed: number): Plan {
  const of = (number: number) => new Random(seed * 10 + number);
  return {
    deeds: endless(of(1), kinds, (kind, random) => deeds[kind](random)),
    walks: walksOf(of(2)),
    changes: endless(of(3), tables, (table, random) => ({ table, first: random.pick(bothSides) })),
    last: lastPlacesOf(of(4)),
  };
}

const crew = (random: Random): Crew => random.pick(crews);
