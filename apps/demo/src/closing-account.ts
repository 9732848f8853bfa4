import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, type Account, type BookUrls, latenciesOf, sleepUnless } from '#sample';
import { eventFaults, type DemoAccount, type SideName, type Verified } from './account.js';
import { lookFor, witnesses, type Witness } from './found.js';
import type { Shop } from './open-shop.js';
import type { Movable } from './options.js';
import type { OrderBook } from './order-book.js';
import { longestPause } from './stretch.js';
import { WalkError, type ControlPlane } from './walk.js';

const pollMs = 200;
const quietMs = 30_000;
const verifyMs = 90_000;

/** How the end is carried out. */
export interface ClosingOptions {
  /** Modules that have left. */
  away: readonly Movable[];
  /** Since the beginning, s. */
  seconds: () => number;
  /** Told what is being done. */
  doing: (what: string) => void;
  stop: AbortSignal;
}

/** Draws up the final account of a shop without customers. @throws {WalkError} @throws {Failure} */
export async function closeBooks(
  { admin, load, sample, database }: Pick<Shop, 'admin' | 'load' | 'sample' | 'database'>,
  book: OrderBook,
  { away, seconds, doing, stop }: ClosingOptions,
): Promise<DemoAccount> {
  doing('waiting until both sides are quiet');
  await untilQuiet(away, admin, stop);
  const verified: Verified[] = [];
  for (const module of away) {
    doing(`verify ${module}: both sides, row by row`);
    verified.push(await verify(module, admin, stop));
  }
  doing('looking for the orders');
  const where = await whereabouts(away, database);
  const received = new Map(sample.products.map(({ sku, onHand }) => [sku, onHand]));
  return {
    ...load.figures,
    seconds: seconds(),
    twice: book.twice.size,
    errors: book.errors,
    verified,
    found: await findOrders(new Set(book.promised.values()), where),
    books: await readBothBooks(received, where),
    pauseMs: longestPause(book.promisedAt),
    latency: latenciesOf(load.orderMs),
  };
}

async function whereabouts(
  away: readonly Movable[],
  database: (name: string) => Promise<string>,
): Promise<Whereabouts> {
  const names = ['shop', ...away];
  const urls = new Map(await Promise.all(names.map(async (name) => [name, await database(name)] as const)));
  const databaseOf: Whereabouts['databaseOf'] = (module, side) =>
    urls.get(side === 'monolith' ? 'shop' : module) as string;
  return { away, databaseOf };
}

/** Where the tables are when the demo ends. */
export interface Whereabouts {
  /** Modules that have left; both sides hold their rows. */
  away: readonly Movable[];
  /** URL of a module's database on a side. */
  databaseOf: (module: Movable, side: SideName) => string;
}

/**
 * Waits until nothing is on its way between the sides. What is still on its way when the patience is at an end shows in the
 * account.
 */
async function untilQuiet(away: readonly Movable[], admin: ControlPlane, stop: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + quietMs;
  while (!stop.aborted && performance.now() < giveUpAt) {
    const statuses = await Promise.all(away.map((module) => admin.module(module)));
    const sides = statuses.flatMap(({ sides: { monolith, extracted } }) => [monolith, extracted]);
    if (sides.every((side) => (side?.pending ?? 0) === 0)) return;
    await sleepUnless(stop, pollMs);
  }
}

/** Has both sides of a module compared row by row. @throws {WalkError} when that does not end. */
async function verify(module: string, admin: ControlPlane, stop: AbortSignal): Promise<Verified> {
  const before = (await admin.module(module)).verify.checkedAt;
  await admin.act(module, 'verify', {});
  const giveUpAt = performance.now() + verifyMs;
  while (!stop.aborted && performance.now() < giveUpAt) {
    const { running, checkedAt, rows, differences } = (await admin.module(module)).verify;
    if (running === null && checkedAt !== before) return { module, rows, differences };
    await sleepUnless(stop, pollMs);
  }
  throw new WalkError(`verify ${module} did not end within ${verifyMs / 1_000} s`);
}

/** Looks for the promised orders in every module's tables, on each side that has them. */
async function findOrders(
  promised: ReadonlySet<string>,
  { away, databaseOf }: Whereabouts,
): Promise<DemoAccount['found']> {
  const places = witnesses.flatMap((module): { module: Witness; side: SideName }[] => [
    { module, side: 'monolith' },
    ...(away.includes(module) ? [{ module, side: 'extracted' as const }] : []),
  ]);
  return Promise.all(
    places.map(async ({ module, side }) => {
      const found = await lookFor(promised, module, databaseOf(module, side));
      return { module, side, found };
    }),
  );
}

/** Draws up stock and money, once from the monolith's tables, and once from those of the services where there are some. */
async function readBothBooks(
  received: ReadonlyMap<string, number>,
  { away, databaseOf }: Whereabouts,
): Promise<DemoAccount['books']> {
  const sides: SideName[] = away.length > 0 ? ['monolith', 'extracted'] : ['monolith'];
  return Promise.all(
    sides.map(async (side) => {
      const on = (module: Movable) => databaseOf(module, away.includes(module) ? side : 'monolith');
      const urls: BookUrls = {
        ...{ inventory: on('inventory'), payments: on('payments'), orders: on('orders') },
        ...{ notifications: on('notifications'), users: on('users') },
      };
      return { side, account: await heardAccount(urls, received) };
    }),
  );
}

/** Events are a moment behind their orders. What is not heard when the patience is at an end shows in the account. */
async function heardAccount(urls: BookUrls, received: ReadonlyMap<string, number>): Promise<Account> {
  for (const giveUpAt = performance.now() + quietMs; ; await sleep(pollMs)) {
    const account = await accountOf(urls, { received });
    if (eventFaults(account.events).length === 0 || performance.now() > giveUpAt) return account;
  }
}
