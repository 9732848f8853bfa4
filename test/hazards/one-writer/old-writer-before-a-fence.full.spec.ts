import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { bucketOf } from '#strangler/routes/bucket';
import type { Controller } from '#strangler/control/controller';
import type { Operator } from '#strangler/control/commands/operator';
import { sides, type Side } from '#strangler/routes/phase';
import { Controlled } from '../../support/controlled.js';
import { until } from '../../support/until.js';

/*
 * One transaction has written any key of the module, and stays open. A hand-off fences, waits for it, and so does every customer of a
 * key that moves; after five seconds it is taken back, and soon tried again. Looked for first, such a writer postpones the hand-off
 * and nobody waits. Who begins to write between the look and the fence holds customers up once, for as long as a fence is patient.
 */
let controlled: Controlled;
let controller: Controller;
let operator: Operator;
let writer: pg.Client | undefined;

beforeAll(async () => {
  controlled = await Controlled.open();
  controller = controlled.controller();
  operator = controller.operator;
  controller.start();
});
beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  await goTo(50);
});
afterEach(async () => {
  for (const side of sides) controlled.sides[side].fault = undefined;
  await writer?.end();
  writer = undefined;
  jest.restoreAllMocks();
});
afterAll(() => controlled.close());

const goTo = async (percent: number): Promise<void> => {
  await controlled.want('shifting', percent);
  await controlled.reaches('shifting', percent);
};
const keysOf = (low: number, high: number): string[] =>
  Array.from({ length: 200 }, (_, i) => `P-${i}`).filter((key) => {
    const bucket = bucketOf('parcels', key);
    return bucket >= low && bucket < high;
  });
const stays = { monolith: keysOf(9_000, 10_000)[0]!, extracted: keysOf(0, 1_000)[0]! };
const moving = keysOf(5_000, 9_000)[0]!;
const moves: Record<Side, { key: string; to: number }> = {
  monolith: { key: moving, to: 90 },
  extracted: { key: keysOf(1_000, 5_000)[0]!, to: 10 },
};
const insert = `insert into parcels.parcel values ($1, 1) on conflict (code) do update set weight = parcel.weight + 1`;

/** Writes one key and stays open; in a statement with a value that is nobody's business. */
async function openWriter(side: Side): Promise<number> {
  writer = await controlled.sides[side].database.session();
  await writer.query('begin');
  await writer.query(insert, [stays[side]]);
  await writer.query(`select 'ann@shop.example' as email, pg_backend_pid() as pid`);
  return (await writer.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;
}
const epochs = () =>
  Promise.all(sides.map(async (side) => (await controlled.sides[side].control.state()).ownership.epoch));
const handOffs = async () =>
  (await operator.history('parcels', 1_000)).filter(({ action }) => action.startsWith('hand-off')).length;

it.each(sides)('on %s: the hand-off is put off, it says why, and no customer waits', async (side) => {
  const pid = await openWriter(side);
  const before = { epochs: await epochs(), handOffs: await handOffs() };
  const { key, to } = moves[side];
  await controlled.want('shifting', to);
  const found = await until('it says what it waits for', async () => {
    const { waitingFor } = await operator.module('parcels');
    return waitingFor?.includes(`pid ${pid}`) ? waitingFor : undefined;
  });
  expect(found).toMatch(/open since \d{4}-\d\d-\d\dT.*Z, idle in transaction, last statement: select/);
  expect(found).not.toContain('@');
  // As ever: no fence comes, and nothing is tried in vain.
  for (let round = 0; round < 50; round++) await controlled.sides[side].test.query(insert, [key]);
  expect(await epochs()).toEqual(before.epochs);
  expect(await handOffs()).toBe(before.handOffs);
  expect(await operator.doctor('parcels')).toEqual([
    expect.objectContaining({
      problem: expect.stringContaining(`pid ${pid}`),
      remedy: expect.stringContaining(`select pg_terminate_backend(${pid})`),
    }),
  ]);
  await writer!.query('commit');
  await controlled.reaches('shifting', to);
  await controlled.sides.drained();
  expect(await controlled.differences()).toEqual([]);
});

it('who comes between the look and the fence is waited for in vain only once', async () => {
  let pid: number | undefined;
  const { key, to } = moves.monolith;
  const fences: string[] = [];
  controlled.sides.monolith.fault = async (method, proceed) => {
    if (method !== 'fence') return proceed();
    pid ??= await openWriter('monolith');
    return proceed().catch((error: unknown) => {
      fences.push((error as Error).message);
      throw error;
    });
  };
  await controlled.want('shifting', to);
  await until('it is put off', async () =>
    pid !== undefined &&
    (await operator.module('parcels')).waiting?.needs.startsWith('the end of transactions')
      ? true
      : undefined,
  );
  expect(fences).toEqual([expect.stringContaining(`a writer was inside and did not end: pid ${pid}`)]);
  // It is open still, and nobody waits for it.
  await controlled.sides.monolith.test.query(insert, [key]);
  await writer!.query('rollback');
  await controlled.reaches('shifting', to);
  expect(fences).toHaveLength(1);
});

it('a side that cannot say who writes there is not fenced, and it says so', async () => {
  const { to } = moves.extracted;
  const before = { epochs: await epochs(), handOffs: await handOffs() };
  controlled.sides.extracted.fault = (method, proceed) =>
    method === 'oldWriters' ? Promise.reject(new Error('no connection in time')) : proceed();
  await controlled.want('shifting', to);
  await until('it says what it waits for', async () =>
    (await operator.module('parcels')).waitingFor?.includes(
      'extracted does not say who still writes there: no connection in time',
    )
      ? true
      : undefined,
  );
  expect({ epochs: await epochs(), handOffs: await handOffs() }).toEqual(before);
  controlled.sides.extracted.fault = undefined;
  await controlled.reaches('shifting', to);
});

it('a service of an older release cannot be asked for old writers: its fence waits for them, as it did', async () => {
  const { to } = moves.extracted;
  controlled.sides.extracted.fault = (method, proceed) =>
    method === 'oldWriters' ? Promise.reject(new Error('a side has no method oldWriters')) : proceed();
  await goTo(to);
  expect((await epochs())[0]).toBe((await epochs())[1]);
});
