import { Logger } from '@nestjs/common';
import { sides, type Side } from '#strangler/routes/phase';
import { untilBlocked } from '../../support/blocked.js';
import { until } from '../../support/until.js';
import { Changing } from '../support/changing.js';

/*
 * Records of commands are rows that move. A copy that forgot some by itself would differ from its owner, and a side that is cut off would
 * forget what the other one still relies on; pruning must not make the module degraded; and a hand-off may come in the middle.
 *
 *   prunes on M                          controller
 *   begin; the row says: mine
 *   delete 200 rows
 *                                        fence their buckets; wait for who is inside
 *   the trigger asks again: moving
 *   rolled back, and nothing pruned      nobody is inside any more; E owns them, and prunes them
 */
const count = 900;
let scene: Changing;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  scene = await Changing.open({
    tables: { idempotency: `select strangler.create_idempotency_table('parcels')` },
    rows: `insert into parcels.idempotency (command_id, routing_key, input_hash, result, created_at)
      select gen_random_uuid(), 'P-' || i, '', '{}', clock_timestamp() - interval '31 days' from generate_series(1, ${count}) i`,
  });
  await scene.free();
  await scene.everywhere(`
    create table parcels.seen (reason text);
    create function parcels.see() returns trigger language plpgsql as $$ begin
      if new.degraded_since is not null then insert into parcels.seen values (new.reason); end if; return null; end $$;
    create trigger see after update on strangler.relay for each row execute function parcels.see()`);
});
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

const left = async (side: Side): Promise<number> =>
  (await scene.on(side, 'select from parcels.idempotency')).length;
async function finish(): Promise<void> {
  for (const side of sides)
    await until(`${side} has nothing to prune`, async () =>
      (await scene.both[side].agent.prune()) ? true : undefined,
    );
  await scene.both.drained();
}
async function expectPruned(): Promise<void> {
  for (const side of sides) {
    expect(await left(side)).toBe(0);
    expect(await scene.on(side, 'select * from parcels.seen')).toEqual([]);
  }
}
const pruned = async (side: Side): Promise<number> => {
  const [row] = await scene.on<{ rows: number }>(
    side,
    `select rows::int as rows from strangler.pruning where what = 'results'`,
  );
  return row!.rows;
};

it('a copy prunes nothing by itself, and what its owner prunes goes there, too', async () => {
  expect(await scene.both.extracted.agent.prune()).toBe(true);
  expect(await left('extracted')).toBe(count);
  await finish();
  await expectPruned();
  expect(await Promise.all(sides.map(pruned))).toEqual([count, 0]);
});

it('each side prunes what it owns, and the module is never degraded', async () => {
  await scene.moveTo(5_000);
  await finish();
  await expectPruned();
  const [mine, theirs] = (await Promise.all(sides.map(pruned))) as [number, number];
  expect(mine + theirs).toBe(count);
  expect(Math.min(mine, theirs)).toBeGreaterThan(0);
});

it('while the other side is silent nothing is pruned', async () => {
  const { monolith } = scene.both;
  monolith.still = true;
  await scene.on('monolith', `insert into parcels.parcel values ('P-1', 1)`);
  await until('it is degraded', async () =>
    (await monolith.control.state()).outgoing.degradedSince === null ? undefined : true,
  );
  expect(await monolith.agent.prune()).toBe(false);
  expect(await left('monolith')).toBe(count);
  monolith.still = false;
  await until('it is well again', async () =>
    (await monolith.control.state()).outgoing.degradedSince === null ? true : undefined,
  );
  await scene.everywhere('truncate parcels.seen');
  await finish();
  await expectPruned();
});

it('a fence in the middle of a piece takes the piece back, and the new owner prunes', async () => {
  const { monolith } = scene.both;
  const stop = await monolith.database.session();
  await stop.query('select pg_advisory_lock(1)');
  // By its name it comes before the trigger of capture.
  await scene.on(
    'monolith',
    `create function parcels.stop() returns trigger language plpgsql as $$ begin
       perform pg_advisory_xact_lock_shared(1); return null; end $$;
     create trigger aa_stop after delete on parcels.idempotency for each statement execute function parcels.stop()`,
  );
  const pruning = monolith.agent.prune();
  await untilBlocked(monolith.test, 1);
  const { epoch } = (await monolith.control.state()).ownership;
  const fencing = monolith.control.fence({ epoch, from: 0, to: 10_000 });
  await until('it is fenced', async () =>
    (await monolith.control.state()).ownership.fenceFrom === null ? undefined : true,
  );
  await stop.end();
  await fencing;
  expect(await pruning).toBe(false);
  expect(await left('monolith')).toBe(count);
  expect(await monolith.control.raise({ epoch: epoch + 1, to: epoch + 2 })).toBe(true);
  expect(await scene.both.extracted.control.raise({ epoch, to: epoch + 2 })).toBe(true);
  await scene.moveTo(10_000);
  await finish();
  await expectPruned();
  expect(await Promise.all(sides.map(pruned))).toEqual([0, count]);
});
