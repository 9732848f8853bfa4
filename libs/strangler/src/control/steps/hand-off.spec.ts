import { bucketOf } from '../../routes/bucket.js';
import { SteadyClock } from '../terms/clock.js';
import { otherSide, sides, type Side } from '../../routes/phase.js';
import { directSides, type Sides, type Fault, type Method } from '../../../../../test/support/sides.js';
import { until } from '../../../../../test/support/until.js';
import { handOffProblems } from '../conditions/hand-off-problems.js';
import { defaultSettings } from '../config/settings.js';
import type { SideState } from '../../sides/side.js';
import type { HandOff } from '../store/hand-off-plan.js';
import { handOff, handOffTo, planHandOff, settle, type HandOffEnd } from './hand-off.js';

let both: Sides;

beforeAll(async () => {
  both = await directSides();
  await both.begin();
});
afterAll(() => both.close());
afterEach(async () => {
  for (const side of sides) {
    both[side].fault = undefined;
    both[side].still = false;
  }
  await move(0);
});

const options = { clock: new SteadyClock(), drainMs: 60_000 };

/** Those of two sides that are calm: on a busy machine one may be behind for a moment. */
const calm = async () => {
  await both.drained();
  return until('both are calm', async () => {
    const found = await both.states();
    return handOffProblems(found, defaultSettings.gates).length === 0 ? found : undefined;
  });
};

async function planTo(below: number): Promise<HandOff> {
  return planHandOff(below, await both.states());
}

async function move(below: number): Promise<HandOffEnd | undefined> {
  const plan = await planTo(below);
  if (plan.oldBelow === below) return undefined;
  await both.drained();
  return handOff(both.controls, plan, options);
}

/** One owner for every bucket, no fence, one epoch: where every story has to end. */
async function expectSound(): Promise<number> {
  const { monolith, extracted } = await both.states();
  expect(monolith.ownership.fenceFrom).toBeNull();
  expect(extracted.ownership.fenceFrom).toBeNull();
  expect(monolith.ownership.epoch).toBe(extracted.ownership.epoch);
  expect(monolith.ownership.extractedBelow).toBe(extracted.ownership.extractedBelow);
  return monolith.ownership.extractedBelow;
}

/** A key in the lower half of the buckets. */
const lowKey = Array.from({ length: 50 }, (_, n) => `low-${n}`).find(
  (key) => bucketOf('parcels', key) < 5_000,
)!;

const writes = (side: Side, key: string, weight: number) =>
  both[side].test.query(
    `insert into parcels.parcel values ($1, $2) on conflict (code) do update set weight = excluded.weight`,
    [key, weight],
  );
const weightOn = async (side: Side, key: string) =>
  (
    await both[side].test.query<{ weight: number }>('select weight from parcels.parcel where code = $1', [
      key,
    ])
  )[0]?.weight;

class Crash extends Error {}

/** The process dies at this call: before it, or after it was carried out; nothing of it reaches any side later. */
function dies(at: { side: Side; method: Method; moment: 'before' | 'after' }): { dead: () => boolean } {
  let dead = false;
  const faultOf =
    (side: Side): Fault =>
    async (method, proceed) => {
      if (dead) throw new Crash('dead');
      if (side !== at.side || method !== at.method) return proceed();
      if (at.moment === 'after') await proceed();
      dead = true;
      throw new Crash('dies here');
    };
  for (const side of sides) both[side].fault = faultOf(side);
  return { dead: () => dead };
}

function revive(): void {
  for (const side of sides) both[side].fault = undefined;
}

it('moves buckets up and down, and what was written before goes with them', async () => {
  await writes('monolith', lowKey, 1);
  expect(await move(5_000)).toMatchObject({ outcome: 'done', reason: null });
  expect(await expectSound()).toBe(5_000);
  expect(await weightOn('extracted', lowKey)).toBe(1);
  await expect(writes('monolith', lowKey, 2)).rejects.toMatchObject({ code: 'SR409' });
  await writes('extracted', lowKey, 3);
  expect(await move(0)).toMatchObject({ outcome: 'done' });
  expect(await weightOn('monolith', lowKey)).toBe(3);
  await writes('monolith', lowKey, 4);
});

it('goes from 0 to 100 % and back again and again, and loses nothing', async () => {
  const owner: Side[] = ['extracted', 'monolith'];
  for (let round = 0; round < 10; round++) {
    expect(await move(round % 2 === 0 ? 10_000 : 0)).toMatchObject({ outcome: 'done' });
    await writes(owner[round % 2]!, 'ping', round);
    await expectSound();
  }
  await both.drained();
  expect(await weightOn('monolith', 'ping')).toBe(9);
  expect(await weightOn('extracted', 'ping')).toBe(9);
});

const calls: { method: Method; of: 'from' | 'to' }[] = [
  { method: 'fence', of: 'from' },
  { method: 'drained', of: 'from' },
  { method: 'own', of: 'to' },
  { method: 'release', of: 'from' },
];
const crashes = (['up', 'down'] as const).flatMap((way) =>
  calls.flatMap(({ method, of }) =>
    (['before', 'after'] as const).map((moment) => ({ way, method, of, moment })),
  ),
);

it.each(crashes)('crash $moment $method on the way $way: settled, one owner, no fence', async (crash) => {
  const { way, method, of, moment } = crash;
  if (way === 'down') await move(5_000);
  const plan = await planTo(way === 'up' ? 5_000 : 0);
  const died = dies({ side: plan[of], method, moment });
  expect(await handOff(both.controls, plan, options)).toMatchObject({ outcome: 'stuck' });
  expect(died.dead()).toBe(true);
  revive();
  const end = await settle(both.controls, plan, { reason: 'crash' });
  const owns = method === 'release' || (method === 'own' && moment === 'after');
  expect(end.outcome).toBe(owns ? 'done' : 'aborted');
  expect(await expectSound()).toBe(owns ? plan.newBelow : plan.oldBelow);
  await writes(owns ? plan.to : plan.from, lowKey, 7);
  // Who settles twice, because it died before it wrote that down, changes nothing.
  expect(await settle(both.controls, plan, { reason: 'again' })).toMatchObject({ outcome: end.outcome });
  expect(await expectSound()).toBe(owns ? plan.newBelow : plan.oldBelow);
});

it.each((['before', 'after'] as const).flatMap((moment) => sides.map((side) => ({ moment, side }))))(
  'crash $moment the epoch of $side is raised: settled by the next',
  async ({ moment, side }) => {
    const plan = await planTo(5_000);
    await both.controls.monolith.fence({ epoch: plan.epoch, from: 0, to: 5_000 });
    dies({ side, method: 'raise', moment });
    expect(await settle(both.controls, plan, { reason: 'abort' })).toMatchObject({ outcome: 'stuck' });
    revive();
    expect(await settle(both.controls, plan, { reason: 'abort' })).toMatchObject({ outcome: 'aborted' });
    expect(await expectSound()).toBe(0);
  },
);

it('an `own` that arrives after the abort is refused', async () => {
  const plan = await planTo(5_000);
  let late: (() => Promise<unknown>) | undefined;
  both.extracted.fault = (method, proceed) => {
    if (method !== 'own') return proceed();
    late = proceed;
    return Promise.reject(new Error('no answer in time'));
  };
  expect(await handOff(both.controls, plan, options)).toMatchObject({ outcome: 'aborted' });
  expect(await late?.()).toBe(false);
  expect(await expectSound()).toBe(0);
  await writes('monolith', lowKey, 11);
});

it('a fence that arrives after the abort is refused', async () => {
  const plan = await planTo(5_000);
  let late: (() => Promise<unknown>) | undefined;
  both.monolith.fault = (method, proceed) => {
    if (method !== 'fence') return proceed();
    late = proceed;
    return Promise.reject(new Error('no answer in time'));
  };
  expect(await handOff(both.controls, plan, options)).toMatchObject({ outcome: 'aborted' });
  expect(await late?.()).toBeNull();
  expect(await expectSound()).toBe(0);
});

it('`own` was carried out and its answer lost: there is only forward', async () => {
  const plan = await planTo(5_000);
  both.extracted.fault = async (method, proceed) => {
    const answer = await proceed();
    if (method === 'own') throw new Error('no answer in time');
    return answer;
  };
  expect(await handOff(both.controls, plan, options)).toMatchObject({ outcome: 'done' });
  expect(await expectSound()).toBe(5_000);
});

it('the new owner cannot be asked during the abort: the buckets stay fenced, and it says so', async () => {
  const plan = await planTo(5_000);
  both.extracted.fault = () => Promise.reject(new Error('nobody answers'));
  const end = await handOff(both.controls, plan, options);
  expect(end.outcome).toBe('stuck');
  expect(end.reason).toMatch(
    /whether extracted owns the buckets is not known \(nobody answers\), so they stay fenced/,
  );
  await expect(writes('monolith', lowKey, 1)).rejects.toMatchObject({ code: 'SR423' });
  await expect(writes('extracted', lowKey, 1)).rejects.toMatchObject({ code: 'SR409' });
  revive();
  expect(await settle(both.controls, plan, { reason: 'abort' })).toMatchObject({ outcome: 'aborted' });
  await expectSound();
});

it('the old owner cannot be asked once the new one owns: it says so, and the new one writes', async () => {
  const plan = await planTo(5_000);
  both.monolith.fault = (method, proceed) =>
    method === 'release' ? Promise.reject(new Error('nobody answers')) : proceed();
  const end = await handOff(both.controls, plan, options);
  expect(end).toMatchObject({
    outcome: 'stuck',
    reason: expect.stringContaining('extracted owns the buckets'),
  });
  await writes('extracted', lowKey, 21);
  await both.drained();
  expect(await weightOn('monolith', lowKey)).toBe(21);
  revive();
  expect(await settle(both.controls, plan, { reason: 'crash' })).toMatchObject({ outcome: 'done' });
  expect(await expectSound()).toBe(5_000);
});

it('changes that do not arrive: past the deadline it is taken back', async () => {
  const plan = await planTo(5_000);
  both.monolith.still = true;
  await writes('monolith', lowKey, 31);
  const end = await handOff(both.controls, plan, { ...options, drainMs: 100 });
  expect(end).toMatchObject({ outcome: 'aborted', reason: expect.stringContaining('fenced for 100 ms') });
  // So long writers were held for nothing.
  expect(end.fencedMs).toBeGreaterThanOrEqual(100);
  expect(await expectSound()).toBe(0);
  await writes('monolith', lowKey, 32);
});

it('a writer that stays inside: past the deadline it is taken back, and the writer commits', async () => {
  const plan = await planTo(5_000);
  const session = await both.monolith.database.session();
  await session.query('begin');
  await session.query(`select strangler.assert_owner('parcels', array[$1])`, [lowKey]);
  expect(await handOff(both.controls, plan, { ...options, drainMs: 100 })).toMatchObject({
    outcome: 'aborted',
  });
  await session.query(
    'insert into parcels.parcel values ($1, 41) on conflict (code) do update set weight = 41',
    [lowKey],
  );
  await session.query('commit');
  await session.end();
  expect(await expectSound()).toBe(0);
  await both.drained();
  expect(await weightOn('extracted', lowKey)).toBe(41);
});

it('an operator gives it up while it drains', async () => {
  const plan = await planTo(5_000);
  both.monolith.still = true;
  await writes('monolith', lowKey, 51);
  const givenUp = () => Promise.resolve('aborted by ann');
  expect(await handOff(both.controls, plan, { ...options, givenUp })).toMatchObject({
    outcome: 'aborted',
    reason: 'aborted by ann',
  });
  expect(await expectSound()).toBe(0);
});

it('a controller that lost its lead cannot finish what the next one took back', async () => {
  const plan = await planTo(5_000);
  let goOn = () => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  let waits = false;
  both.extracted.fault = async (method, proceed) => {
    if (method === 'own') {
      waits = true;
      await held;
    }
    return proceed();
  };
  const zombie = handOff(both.controls, plan, options);
  await until('it is about to own', () => waits || undefined);
  expect(await settle(both.controls, plan, { reason: 'a new leader' })).toMatchObject({ outcome: 'aborted' });
  goOn();
  expect(await zombie).toMatchObject({ outcome: 'aborted' });
  expect(await expectSound()).toBe(0);
});

describe('does not begin', () => {
  it('unless both sides are calm and agree', async () => {
    expect(handOffProblems(await calm(), defaultSettings.gates)).toEqual([]);
  });

  it.each<[string, (state: Record<Side, SideState>) => void]>([
    ['at different epochs', ({ extracted }) => (extracted.ownership.epoch += 1)],
    ['with a fence', ({ monolith }) => (monolith.ownership.fenceFrom = 0)],
    ['with another border', ({ extracted }) => (extracted.ownership.extractedBelow = 1)],
    ['without capture', ({ extracted }) => (extracted.ownership.capture = false)],
    ['while degraded', ({ monolith }) => (monolith.outgoing.degradedSince = '2020-01-01T00:00:00Z')],
    ['with parked rows', ({ extracted }) => (extracted.outgoing.parked = 1)],
    ['far behind', ({ monolith }) => (monolith.outgoing.lagMs = 1_001)],
    [
      'while rows from before are copied',
      ({ monolith }) =>
        (monolith.outgoing.backfill = [{ table: 'parcel', copied: 1, total: 2, done: false }]),
    ],
  ])('%s', async (_what, spoil) => {
    const state = await calm();
    spoil(state);
    expect(handOffProblems(state, defaultSettings.gates)).toHaveLength(1);
  });
});

it('takes from the side that owns, and gives to the other', () => {
  expect(handOffTo(500, 3, 100)).toEqual({
    from: 'monolith',
    to: 'extracted',
    epoch: 3,
    oldBelow: 100,
    newBelow: 500,
  });
  expect(handOffTo(0, 4, 500)).toMatchObject({ from: 'extracted', to: otherSide('extracted') });
});

it('a hand-off in the journal of a copied database lifts no fence there, until the copy is adopted', async () => {
  await move(5_000);
  const plan = await planTo(0);
  await both.monolith.test.query(
    `update strangler.ownership set fence_from = 0, fence_to = 10000, home = 'the original'`,
  );
  const fence = async () => {
    const { fenceFrom, fenceTo } = (await both.states()).monolith.ownership;
    return { fenceFrom, fenceTo };
  };
  expect(await settle(both.controls, plan, { reason: 'crash' })).toMatchObject({ outcome: 'stuck' });
  expect(await both.controls.monolith.own({ epoch: plan.epoch, extractedBelow: 0 })).toBe(false);
  expect(await both.controls.monolith.release({ epoch: plan.epoch, extractedBelow: 0 })).toBe(false);
  expect(await fence()).toEqual({ fenceFrom: 0, fenceTo: 10_000 });
  await both.controls.monolith.adopt({ epoch: plan.epoch });
  expect(await fence()).toEqual({ fenceFrom: 0, fenceTo: 10_000 });
  expect(await settle(both.controls, plan, { reason: 'crash' })).toMatchObject({ outcome: 'aborted' });
  expect(await expectSound()).toBe(5_000);
});
