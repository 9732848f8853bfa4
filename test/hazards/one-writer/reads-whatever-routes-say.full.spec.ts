import { routeOf } from '#strangler/routes/routes';
import type { QueryRunner } from 'typeorm';
import { until } from '../../support/until.js';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { places, Twin } from '../support/twin.js';
import type { TwinSide } from '../support/twin-side.js';

/*
 * A process believes that a module rests, and has heard so just now; but its owners change. Or it was right, and its read
 * then waits for a connection, while owners change. Whoever reads behind an acknowledged write sees it all the same: that owners may
 * change stands in the owner's own row, long enough before they do, and the answer is checked when it is there.
 */
let twin: Twin;
let caller: Caller;
const name = 'B-1';

beforeEach(async () => {
  twin = await Twin.open();
  caller = new Caller(twin, new Ledger());
  await caller.add(name);
  await twin.quiet();
});
afterEach(() => twin.close());

const believe = (phase: 'shadow' | 'extracted') => {
  for (const at of places) twin.routes[at].replace({ tally: routeOf(phase) });
};

/** As the controller does where a module rests, and before it does not (control/standstill.ts). */
async function say({ agent }: TwinSide, may: boolean): Promise<void> {
  const { version } = (await agent.state()).ownership;
  expect(await agent.mayShift({ version, may })).toBe(true);
}

/** The new owner has written, and what it wrote does not come to the old one. */
async function writtenElsewhere(by: TwinSide, to: TwinSide): Promise<void> {
  to.carriage = () => Promise.reject(new Error('it lags'));
  by.ack = 'owner';
  await by.executor.execute('add', { name, amount: 7 });
}

it.each([
  ['shadow', 100],
  ['extracted', 0],
] as const)('%s is believed, and just heard, when all has moved', async (phase, percent) => {
  if (percent === 0) expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
  expect(await twin.handOff(percent)).toMatchObject({ outcome: 'done' });
  const [from, to] = percent === 100 ? [twin.monolith, twin.extracted] : [twin.extracted, twin.monolith];
  await writtenElsewhere(to, from);
  believe(phase);
  expect(await twin.ports[from.side].look({ name })).toMatchObject({ count: 8 });
  from.carriage = (_frame, deliver) => deliver();
});

it('a read waits for a connection while owners change', async () => {
  believe('shadow');
  await say(twin.monolith, false);
  // It has read so, and that is what it goes by now.
  await twin.ports.monolith.look({ name });
  const runners = await takeAll(twin.monolith);
  const read = twin.ports.monolith.look({ name });
  await say(twin.monolith, true);
  const { guard } = twin.monolith;
  await until('nobody goes by it any more', () => !guard.standsStill('tally') || undefined);
  expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
  await writtenElsewhere(twin.extracted, twin.monolith);
  await Promise.all(runners.map((runner) => runner.release()));
  expect(await read).toMatchObject({ count: 8 });
  twin.monolith.carriage = (_frame, deliver) => deliver();
});

/** All connections of the pool. */
async function takeAll({ dataSource }: TwinSide): Promise<QueryRunner[]> {
  const runners = Array.from({ length: 10 }, () => dataSource.createQueryRunner());
  await Promise.all(runners.map((runner) => runner.connect()));
  return runners;
}

it('nothing shifts: the row is read once, not with every answer', async () => {
  await say(twin.monolith, false);
  await twin.ports.monolith.look({ name });
  const queries = jest.spyOn(twin.monolith.dataSource.manager, 'query');
  for (let i = 0; i < 20; i++) await twin.ports.monolith.look({ name });
  const looks = queries.mock.calls.filter(([sql]) => sql.includes('strangler.ownership'));
  expect(looks.length).toBeLessThan(5);
  await check(twin, caller.ledger);
});

describe('a fence', () => {
  const fence = (mayShift: number | null) =>
    twin.monolith.agent.fence({ epoch: 1, from: 0, to: 5_000, mayShift });
  const row = async () => (await twin.monolith.agent.state()).ownership;

  it('is refused when that owners may change was taken back, or said anew, since its hand-off was decided', async () => {
    await say(twin.monolith, true);
    const { mayShift } = await row();
    await say(twin.monolith, false);
    expect(await fence(mayShift)).toBeNull();
    await say(twin.monolith, true);
    expect(await fence(mayShift)).toBeNull();
    expect(await fence((await row()).mayShift)).toBe(0);
  });

  it('a controller of old takes it back by what it had read before: refused', async () => {
    const { version } = await row();
    await say(twin.monolith, true);
    expect(await twin.monolith.agent.mayShift({ version, may: false })).toBe(false);
    expect((await row()).mayShift).not.toBeNull();
  });
});
