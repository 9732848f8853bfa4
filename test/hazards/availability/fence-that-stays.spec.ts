import { Logger } from '@nestjs/common';
import type { Operator } from '#strangler/control/commands/operator';
import { outboxGauges } from '#strangler/operate/metrics/outbox-gauges';
import { fenceLimitMs } from '#strangler/engine/ownership/fence-watch';
import { Controlled } from '../../support/controlled.js';
import { until } from '../../support/until.js';

/**
 *     controller                                   customers of the moving keys
 *     fence; own … no answer, for as long as the other side is away
 *                                                  wait, and are answered 503, for as long
 *
 * Nobody may own what is fenced before both sides can be asked. So it stays, and whoever is to end it has to hear of it: by whatever
 * clock, for clocks are set.
 */

let controlled: Controlled;
let operator: Operator;
const alarms: string[] = [];

beforeEach(async () => {
  alarms.length = 0;
  for (const level of ['warn', 'log'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
  jest.spyOn(Logger.prototype, 'error').mockImplementation((line: unknown) => void alarms.push(String(line)));
  controlled = await Controlled.open();
  const controller = controlled.controller();
  operator = controller.operator;
  await controlled.want('shadow');
  controller.start();
  await controlled.reaches('shadow');
  let away = false;
  controlled.sides.extracted.fault = async (method, proceed) => {
    away ||= method === 'own';
    if (away) throw new Error('it cannot be reached');
    return proceed();
  };
  await controlled.want('shifting', 10);
  await until('it is stuck', async () => {
    const { ownership } = await controlled.sides.monolith.control.state();
    return (away && ownership.fenceFrom !== null) || undefined;
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const level of ['warn', 'log', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  await controlled.close();
  jest.restoreAllMocks();
});

/** As the database says. */
const fencedSince = (ago: string) =>
  controlled.sides.monolith.test.query(
    `update strangler.ownership set fenced_at = clock_timestamp() - $1::interval where module = 'parcels'`,
    [ago],
  );
const look = async () => {
  const [status, findings, gauges] = await Promise.all([
    operator.module('parcels'),
    operator.doctor('parcels'),
    outboxGauges(controlled.sides.monolith.database, () => controlled.sides.monolith.agent.fencedMs).read(),
  ]);
  return {
    notices: status.notices.filter((notice) => notice.includes('fenced')),
    health: status.sides.monolith?.health,
    problems: findings.map(({ problem }) => problem).filter((problem) => problem.includes('fenced')),
    seconds: gauges['strangler_fence_seconds']?.[0]?.value ?? NaN,
  };
};

it('is no alarm at first, and then one: in status, in what doctor finds, and in the metrics', async () => {
  expect(await look()).toMatchObject({ notices: [], health: 'up', problems: [] });
  await fencedSince('42 s');
  const { notices, health, problems, seconds } = await look();
  expect(notices).toEqual([
    expect.stringMatching(/^parcels: monolith has fenced the buckets \[0, 1000\) for 4\d s/),
  ]);
  expect(problems).toEqual([
    expect.stringMatching(/^monolith has fenced the buckets \[0, 1000\) for 4\d s$/),
  ]);
  expect(health).toBe('fenced');
  expect(seconds).toBeGreaterThan(fenceLimitMs / 1_000);
});

it('is one, and in the log, though the clock of the database was set back meanwhile', async () => {
  await fencedSince('-1 hour');
  expect((await look()).seconds).toBeLessThan(fenceLimitMs / 1_000);
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + fenceLimitMs);
  await until('it is told', () => alarms.find((line) => line.includes('[0, 1000) at epoch')));
  const { notices, seconds } = await look();
  expect(notices).toEqual([expect.stringContaining('parcels: monolith has fenced the buckets')]);
  expect(seconds).toBeGreaterThan(fenceLimitMs / 1_000);
  expect(alarms.filter((line) => line.includes('fenced'))).toHaveLength(1);
});

it('is over when the other side is back', async () => {
  await fencedSince('42 s');
  controlled.sides.extracted.fault = undefined;
  await controlled.reaches('shifting', 10);
  // The share is reached before what it fenced is let go.
  await until('nothing is fenced', async () => (await look()).seconds === 0 || undefined);
  expect(await look()).toMatchObject({ notices: [], health: 'up', problems: [], seconds: 0 });
});
