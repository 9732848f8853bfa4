import { Logger } from '@nestjs/common';
import { verifyBoth } from '#strangler/control/reconcile/verify-both';
import type { VerifyOrder } from '#strangler/control/reconcile/needs';
import type { VerifyReport } from '#strangler/control/store/verification-store';
import { SideAgent } from '#strangler/sides/agent';
import { describeTables } from '#strangler/database/tables';
import { parcels } from '../../support/sides.js';
import { Changing } from '../support/changing.js';

/*
 * Both sides are compared while a column is added, first at one of them. What would go wrong: each row of the table counts as different, the
 * gate fails, and a module that shifts goes back to shadow, though nothing is wrong.
 *
 *     verify                        database of extracted              database of the monolith
 *     reads a chunk                 alter table … add note default
 *     each row differs in note
 *     finds it once more, counts                                       alter table … add note default; copied anew: all are alike
 */
const add = `alter table parcels.parcel add note text default 'none'`;
let scene: Changing;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  scene = await Changing.open({
    rows: `insert into parcels.parcel select 'P-' || n, n from generate_series(1, 200) n`,
  });
  await scene.free();
});
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

async function verify(order: Partial<VerifyOrder> = {}): Promise<VerifyReport> {
  const here = { tables: await describeTables(scene.both.monolith.database, parcels), rows: async () => 200 };
  const { signal } = new AbortController();
  const onProgress = () => Promise.resolve();
  return verifyBoth(scene.both.controls, here, { repair: false, cursor: null, signal, onProgress, ...order });
}

const changeMonolith = async () => {
  await scene.on('monolith', add);
  await scene.tend();
  await scene.free();
};

it('a column that one side does not have yet: verify waits for it, and counts nothing', async () => {
  await scene.on('extracted', add);
  await expect(verify()).rejects.toThrow(
    /has no column note: run the migration there, too; it is tried again/,
  );
  await changeMonolith();
  expect(await verify()).toMatchObject({ rows: 200, differences: 0 });
});

it('a column that comes while verify reads, and is everywhere before it ends: it begins anew', async () => {
  const { extracted } = scene.both;
  let isFirst = true;
  extracted.fault = async (method, proceed) => {
    if (method === 'chunkHash' && isFirst) {
      isFirst = false;
      await scene.on('extracted', add);
    }
    return proceed();
  };
  let cursor: unknown = null;
  const meanwhile = verify({
    onProgress: async (progress) => {
      ({ cursor } = progress);
      await changeMonolith();
    },
  });
  await expect(meanwhile).rejects.toThrow('tables have changed meanwhile; it is tried again');
  // What was counted before it broke off was no difference, either.
  expect(await verify({ cursor })).toMatchObject({ rows: 200, differences: 0 });
});

it('what really differs is told once nothing is on its way any more', async () => {
  await scene.everywhere(add);
  await scene.tend();
  await scene.free();
  await scene.both.extracted.database.transaction(async (q) => {
    await q.query(`set local session_replication_role = replica`);
    await q.query(`select set_config('strangler.applying', 'parcels', true)`);
    await q.query(`update parcels.parcel set note = 'torn' where code = 'P-7'`);
  });
  expect(await verify()).toMatchObject({
    ...{ differences: 1, examples: ['parcel P-7 differs in note'] },
    left: [{ table: 'parcel', pk: ['P-7'], kind: 'differs', fields: ['note'] }],
  });
});

it('a process that was told of no change compares the columns of now', async () => {
  const { database } = scene.both.extracted;
  const other = new SideAgent({ database, module: parcels, side: 'extracted', link: undefined });
  await other.describe();
  await scene.everywhere(add);
  await scene.tend();
  await scene.free();
  const whole = { table: 'parcel', after: null, upTo: ['P-99'], as: 'extracted' as const };
  expect(await other.chunkHash(whole)).toEqual(await scene.both.controls.monolith.chunkHash(whole));
  await scene.everywhere('alter table parcels.parcel drop note');
  expect(await other.chunkHash(whole)).toEqual(await scene.both.controls.monolith.chunkHash(whole));
});
