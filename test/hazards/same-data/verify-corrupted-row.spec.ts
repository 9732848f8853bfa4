import type { Side } from '#strangler/routes/phase';
import { repairModule } from '#strangler/engine/verify/repair';
import { verifyModule, type VerifyOptions, type VerifyProgress } from '#strangler/engine/verify/verify';
import { carry, openPair, writeAsCopy, type TestPair } from '../../support/verifying.js';

/*
 * A row changed by hand behind capture, as no application could. What would go wrong: nobody notices before the cut-over, or
 * mending it makes things worse.
 */
let pair: TestPair;
beforeEach(async () => (pair = await openPair()));
afterEach(() => pair.drop());

const verify = (options: Partial<VerifyOptions> = {}) =>
  verifyModule({ controls: pair.controls, tables: pair.sides.monolith.tables, ...options });
const copied = async (rows: number, note = 'kept') => {
  const copier = carry(pair);
  await pair.sides.monolith.query(
    `insert into box.thing select 'n' || n, n, $2 from generate_series(1, $1::int) n`,
    [rows, note],
  );
  await copier.stop();
};
const corrupt = (sql: string, side: Side = 'extracted') => writeAsCopy(pair.sides[side], sql);
const nothing = { found: 0, unsettled: 0, differences: [] };

it('is found with its fields, among many that are well, in chunks of any size', async () => {
  await copied(300);
  expect(await verify()).toMatchObject({ rows: 300, ...nothing });
  await corrupt(`update box.thing set note = null, count = 8 where name = 'n7'`);
  const fields = {
    note: { monolith: 'kept', extracted: null },
    count: { monolith: '7', extracted: '8' },
  };
  for (const chunkRows of [10_000, 299, 3]) {
    const { differences, rows } = await verify({ chunkRows });
    expect(rows).toBe(300);
    expect(differences).toEqual([
      { table: 'thing', pk: ['n7'], key: 'n7', owner: 'monolith', kind: 'differs', fields },
    ]);
  }
});

it('is found where one side is empty, and behind the last row of the other', async () => {
  await corrupt(`insert into box.thing select 'z' || n from generate_series(1, 150) n`);
  const result = await verify({ chunkRows: 40 });
  expect(result).toMatchObject({ found: 150, counts: { missing: 0, orphan: 150, differs: 0 } });
  expect(result.differences).toHaveLength(100);
});

it('is mended by its owner: changed, missing and orphaned rows are as they were', async () => {
  await copied(20);
  await pair.own(4_000);
  for (const side of ['monolith', 'extracted'] as const) {
    const ours = `strangler.owned_by((select o from strangler.ownership o), strangler.bucket('box', name))`;
    await corrupt(
      `with gone as (delete from box.thing where not ${ours} and name in ('n1', 'n2', 'n3', 'n4'))
       update box.thing set note = 'wrong' where not ${ours} and name in ('n5', 'n6', 'n7', 'n8')`,
      side,
    );
    await corrupt(
      `insert into box.thing select name from (select 'orphan ' || n from generate_series(1, 9) n) o (name) where not ${ours}`,
      side,
    );
  }
  const copier = carry(pair);
  const { controls } = pair;
  const repaired = await repairModule({ controls, tables: pair.sides.monolith.tables });
  await copier.stop();
  expect(repaired.found.counts).toEqual({ missing: 4, orphan: 9, differs: 4 });
  expect(repaired).toMatchObject({ sent: 17, left: nothing });
  for (const { query } of Object.values(pair.sides)) {
    const rows = await query(`select from box.thing where name ~ '^n' and note = 'kept'`);
    expect(rows).toHaveLength(20);
    expect(await query('select from box.thing')).toHaveLength(20);
  }
});

it('on its way, it is neither equal nor different, until it has arrived', async () => {
  await copied(3);
  await pair.sides.monolith.query(`update box.thing set count = 9 where name = 'n2'`);
  expect(await verify({ patienceMs: 1 })).toMatchObject({
    found: 0,
    unsettled: 1,
    unsettledRows: [{ table: 'thing', pk: ['n2'] }],
  });
  const looking = verify({ patienceMs: 60_000 });
  const copier = carry(pair);
  expect(await looking).toMatchObject(nothing);
  await copier.stop();
});

it('in buckets that are being handed off, it is looked at when they have arrived', async () => {
  await copied(3);
  await corrupt(`update box.thing set count = 9 where name = 'n2'`);
  const { ownership } = pair.sides.monolith;
  await ownership.fence('box', 1, { from: 0, to: 10_000 });
  expect(await verify({ patienceMs: 1 })).toMatchObject({ found: 0, unsettled: 1 });
  const looking = verify({ patienceMs: 60_000 });
  await ownership.raise('box', 2, 3);
  expect(await looking).toMatchObject({ found: 1, unsettled: 0 });
});

it('a run that was cut off goes on from its last chunk and forgets nothing', async () => {
  await copied(60);
  await corrupt(`delete from box.thing where name in ('n10', 'n59')`);
  const stop = new AbortController();
  const seen: VerifyProgress[] = [];
  const total = 60;
  const cut = verify({
    chunkRows: 10,
    total,
    signal: stop.signal,
    onChunk: (progress) => {
      seen.push(progress);
      if (seen.length === 3) stop.abort(new Error('enough'));
    },
  });
  await expect(cut).rejects.toThrow('enough');
  expect(seen.map(({ done }) => done)).toEqual([10, 20, 30]);
  expect(seen.at(-1)).toMatchObject({ table: 'thing', total, state: { counts: { missing: 1 } } });
  const rest: number[] = [];
  const state = JSON.parse(JSON.stringify(seen.at(-1)!.state)) as VerifyProgress['state'];
  const result = await verify({ chunkRows: 10, resume: state, onChunk: ({ done }) => void rest.push(done) });
  expect(rest).toEqual([40, 50, 60]);
  expect(result).toMatchObject({ rows: 60, found: 2 });
  expect(result.differences.map(({ pk }) => pk[0])).toEqual(['n10', 'n59']);
});
