import { Logger } from '@nestjs/common';
import { Controlled } from '../../../../../test/support/controlled.js';
import { until } from '../../../../../test/support/until.js';
import { BusyError, UnknownModuleError } from '../terms/refused.js';
import type { Operator } from './operator.js';
import type { ModuleSeries } from './series.js';

/* What would go wrong: a page that is opened after a walk shows nothing of it. */
let controlled: Controlled;
let operator: Operator;

beforeAll(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  controlled = await Controlled.open();
  const controller = controlled.controller();
  operator = controller.operator;
  controller.start();
});
afterAll(() => controlled.close());

const parcels = 'parcels';
const query = <T extends object>(sql: string) => controlled.sides.monolith.test.query<T>(sql);
const slots = () =>
  query<{ lag: number; pending: number; percent: number }>(
    `select lag_ms as lag, pending::integer, percent from strangler.state_window where module = 'parcels' order by slot`,
  );
/** What was seen in the last slot, in the one of a minute ago: the controller's clock is ahead of the database's. */
const minuteAgo = `date_bin('10 s', now() - interval '1 min', timestamptz 'epoch')`;
/** The only step in which something is known. */
const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null && value !== 0);

it('of a module at home that was never moved: one band, and nobody looked', async () => {
  const series = await operator.series(parcels, { minutes: 15 });
  const { from, until: end, stepSeconds, at, phases, handOffs, lagMs, percent } = series;
  expect(Date.parse(end) - Date.parse(from)).toBe(900_000);
  expect(stepSeconds).toBe(10);
  expect(at.length).toBeGreaterThan(85);
  expect(phases).toEqual([{ from, until: end, phase: 'monolith' }]);
  expect(handOffs).toEqual([]);
  for (const values of [lagMs, percent]) expect(values).toEqual(at.map(() => null));
  expect(await slots()).toEqual([]);
});

describe('of one that has moved out', () => {
  let series: ModuleSeries;

  beforeAll(async () => {
    await operator.act(parcels, { verb: 'run' }, { actor: 'ann', dryRun: false });
    await controlled.reaches('extracted');
    await until('the share is written down', async () =>
      (await slots()).some(({ percent }) => percent === 100) ? true : undefined,
    );
    series = await operator.series(parcels, { minutes: 15 });
  });

  it('the bands are its phases, up to now', () => {
    expect(series.phases.map(({ phase }) => phase)).toEqual([
      ...['monolith', 'dual-write', 'shadow', 'shifting', 'extracted'],
    ]);
    expect(series.phases[0]!.from).toBe(series.from);
    expect(series.phases.at(-1)!.until).toBe(series.until);
    series.phases.slice(1).forEach(({ from }, i) => expect(from).toBe(series.phases[i]!.until));
  });

  it('the hand-offs stand there with how long they held writers', () => {
    const pause = expect.any(Number) as number;
    const at = expect.stringMatching(/Z$/) as string;
    expect(series.handOffs).toEqual([
      { at, from: 0, to: 10, pauseMs: pause },
      { at, from: 10, to: 50, pauseMs: pause },
      { at, from: 50, to: 100, pauseMs: pause },
    ]);
    const [shifting] = series.phases.filter(({ phase }) => phase === 'shifting');
    for (const mark of series.handOffs) {
      expect(mark.pauseMs).toBeGreaterThan(0);
      expect(mark.at >= shifting!.from && mark.at <= shifting!.until).toBe(true);
    }
  });

  it('what the leader saw was written, once a slot', async () => {
    const found = await slots();
    const shares = found.map(({ percent }) => percent);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    for (const { lag, pending } of found)
      expect([lag, pending]).toEqual([expect.any(Number), expect.any(Number)]);
  });

  it('calls, comparisons and what the leader saw stand in the steps in which they were', async () => {
    await query('truncate strangler.state_window');
    await query(`insert into strangler.state_window values ('parcels', ${minuteAgo}, 40, 3, 12.5)`);
    await query(`insert into strangler.call_window values
      ('parcels', ${minuteAgo}, 'a', 'extracted', 'customer', 30, 10, array_fill(1, array[30]) || array_fill(0, array[20]))`);
    await query(
      `insert into strangler.shadow_window values ('parcels', ${minuteAgo}, 'a', 'probe', 9, 2, 1)`,
    );
    const found = await operator.series(parcels, { minutes: 15 });
    const step = found.lagMs.indexOf(40);
    const [{ second } = { second: 0 }] = await query<{ second: number }>(
      `select extract(epoch from slot)::float8 as second from strangler.state_window where percent = 12.5`,
    );
    expect(found.at[step]).toBe(second);
    expect([found.pending[step], found.percent[step], found.calls.extracted[step]]).toEqual([3, 12.5, 3]);
    expect([
      found.errors.extracted[step],
      found.probes.compared[step],
      found.shadow.mismatches[step],
    ]).toEqual([1, 9, 2]);
    expect(found.p99Ms.extracted[step]).toBeGreaterThan(found.p50Ms.extracted[step]!);
    for (const values of [
      found.lagMs,
      found.calls.extracted,
      found.p99Ms.extracted,
      found.shadow.unavailable,
    ])
      expect([values.length, known(values)]).toEqual([found.at.length, [values[step]]]);
    expect(known(found.calls.monolith)).toEqual([]);
  });

  it('the comparisons of all rows stand there with what they found', () => {
    expect(series.verifications.length).toBeGreaterThan(0);
    for (const { at, rows, differences } of series.verifications)
      expect([at >= series.from && at <= series.until, rows, differences]).toEqual([
        true,
        expect.any(Number),
        0,
      ]);
  });

  it('what is asked of a module is no phase that it is in', async () => {
    const asked = { module: parcels, actor: 'ann', from: 'extracted', to: 'monolith' } as const;
    await controlled.store.history.write({ ...asked, action: 'pause', outcome: 'done' });
    await controlled.store.history.write({ ...asked, action: 'rollback', outcome: 'begun' });
    const { phases, handOffs } = await operator.series(parcels, { minutes: 15 });
    expect([phases.at(-1)!.phase, phases.length, handOffs.length]).toEqual(['extracted', 5, 3]);
  });

  it('a range that ended before is told as it was then', async () => {
    const before = new Date(Date.parse(series.phases[0]!.until) - 1).toISOString();
    const found = await operator.series(parcels, { minutes: 1, until: before });
    expect(found).toMatchObject({ until: before, handOffs: [] });
    expect(found.phases).toEqual([{ from: found.from, until: before, phase: 'monolith' }]);
  });
});

it('of more at a time than a page asks the last ones are refused: modules go on moving', async () => {
  const answers = await Promise.allSettled(
    Array.from({ length: 40 }, (_, i) => operator.series(parcels, { minutes: 1_400 + i })),
  );
  const refused = answers.filter((each) => each.status === 'rejected');
  expect(refused).toHaveLength(30);
  for (const { reason } of refused) expect(reason).toBeInstanceOf(BusyError);
});

it('there is no module of that name', async () => {
  await expect(operator.series('letters', { minutes: 15 })).rejects.toThrow(UnknownModuleError);
});
