import { Random } from '../support/random.js';
import { problemsOf } from '../support/soak/account.js';
import { BusyMachine } from '../support/soak/busy-machine.js';
import { Changes } from '../support/soak/changes.js';
import { Deeds } from '../support/soak/deeds.js';
import { answersSince, errorCounts } from '../support/soak/errors.js';
import { planOf, type Plan } from '../support/soak/plan.js';
import { openSoakShop, type SoakShop } from '../support/soak/soak-shop.js';
import { Walks } from '../support/walks.js';
import type { Load } from '../support/load.js';
import { moduleNames } from '../../support/shop.js';

/*
 * All at once, for a long time: customers register, order and cancel; modules go out, back, and half of the way; schemas change; processes
 * are replaced, and killed; databases crash, poolers restart, connections fall silent. What would go wrong: a hazard that only two
 * others together make, and that nobody has thought of. In the end the account is true.
 *
 * SOAK_SECONDS: how long; SOAK_SEED: with this plan, of an earlier run.
 */
const seconds = Number(process.env['SOAK_SECONDS'] ?? 600);
const seed = Number(process.env['SOAK_SEED'] ?? Random.ofNow().seed);
/** Of a soak that comes to a standstill it is said what customers heard last, in ms. */
const lastMs = 90_000;
/** Before and after it: the start, what is under way when it is over, the account. In ms. */
const besidesMs = 900_000;

let shop: SoakShop;
beforeAll(async () => {
  shop = await openSoakShop();
}, 180_000);
afterAll(() => shop.close());

const begun = performance.now();
const tell = (line: string): void => {
  const at = ((performance.now() - begun) / 1_000).toFixed(1);
  process.stdout.write(`soak ${seed}: ${at} s: ${line}\n`);
};

/** Modules go from place to place; in the end each is where the plan wants it last. */
async function walk({ walks, last }: Plan, isOver: () => boolean): Promise<number> {
  const operator = new Walks(shop, tell);
  while (!isOver()) await operator.go(walks.next().value);
  await operator.goAll(last);
  return operator.count;
}

/** Three things at a time, until the time is over and each has come to its end. */
async function soak(load: Load): Promise<{ deeds: Deeds; changes: Changes; walked: number }> {
  const plan = planOf(seed);
  const until = performance.now() + seconds * 1_000;
  const isOver = () => performance.now() > until;
  const deeds = new Deeds(shop, load, tell);
  const changes = new Changes(shop, load, tell);
  const each = async (step: () => Promise<void>) => {
    while (!isOver()) await step();
  };
  const [walked] = await Promise.all([
    walk(plan, isOver),
    each(() => deeds.carryOut(plan.deeds.next().value)),
    each(() => changes.carryOut(plan.changes.next().value)),
  ]);
  return { deeds, changes, walked };
}

it(
  `after ${seconds} s of everything the account is true (seed ${seed})`,
  async () => {
    tell(`begins; SOAK_SECONDS=${seconds} SOAK_SEED=${seed} repeats its plan`);
    const load = await shop.customers({ seed, clients: 5 });
    const machine = new BusyMachine(load.history);
    const { deeds, changes, walked } = await soak(load)
      .catch((error: unknown) => {
        const since = load.history.now() - lastMs;
        tell(`the last ${lastMs / 1_000} s: ${JSON.stringify(answersSince(load.history.events, since))}`);
        throw error;
      })
      .finally(() => machine.stop());
    await load.placed(10);
    await load.stop();
    const outages = [...deeds.outages, ...machine.spans];
    const { events } = load.history;
    tell(`errors: ${JSON.stringify(errorCounts(events, outages))}`);
    const figures = {
      requests: events.length,
      orders: load.history.of('order', 'ok').length,
      registrations: load.registered.size,
      walks: walked,
      deeds: deeds.done.length,
      changes: changes.done,
      busyMachine: `${Math.round(machine.share * 100)} %`,
    };
    tell(JSON.stringify(figures));
    for (const module of moduleNames) await shop.restsAt(module, planOf(seed).last[module]);
    expect(await problemsOf(shop, load, outages)).toEqual([]);
    expect(figures.orders).toBeGreaterThan(seconds / 2);
  },
  seconds * 1_000 + besidesMs,
);
