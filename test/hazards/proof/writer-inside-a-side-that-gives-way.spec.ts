import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { UnconfirmedError } from '#strangler/database/acknowledger';
import { plainAdvice } from '#strangler/control/conditions/advice';
import { beginCapture } from '#strangler/control/steps/capture-step';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import { standings } from '#strangler/control/doctor/doctor-continuity';
import { changesIn } from '#strangler/engine/replication/changes';
import { Deliveries } from '#strangler/engine/replication/deliveries';
import { directSides, type Sides } from '../../support/sides.js';
import { until } from '../../support/until.js';
import { written } from '../../support/written.js';

/*
 * The monolith stalls, an operator lets the service take over, the monolith wakes up and is still proven.
 *
 * writer on M                               M hears of E
 * begin; is let in: M owns
 *                                           E owns now: gives way, its outbox becomes a report
 * commit: a change of a bucket of E's
 *
 * What would go wrong: E refuses that change for ever. M is degraded, so the writer is told of a success by a side that owns nothing;
 * then it is overwritten. And a degraded side bars every hand-off.
 */
let both: Sides;
let writers: pg.Client[];

beforeEach(async () => {
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  both = await directSides();
  writers = [];
  await both.monolith.database.query(`insert into parcels.parcel values ('known', 1)`);
  await beginCapture(both.controls);
  await until('the copy is whole', async () =>
    (await both.controls.extracted.state()).standpoint.complete ? true : undefined,
  );
  await both.drained();
});
afterEach(async () => {
  await Promise.all(writers.map((writer) => writer.end()));
  await both.close();
  jest.restoreAllMocks();
});

/** A transaction on the monolith that has written this, and is open. */
async function writing(code: string): Promise<{ client: pg.Client; ids: number[]; pid: number }> {
  const client = await both.monolith.database.session();
  writers.push(client);
  await client.query('begin');
  await client.query('insert into parcels.parcel values ($1, 1)', [code]);
  const { rows } = await client.query<{ ids: string; pid: number }>(
    `select current_setting('strangler.outbox') as ids, pg_backend_pid() as pid`,
  );
  return { client, ids: changesIn(rows[0]!.ids), pid: rows[0]!.pid };
}
const stall = (still: boolean) => (both.monolith.still = both.extracted.still = still);
async function takesOver(): Promise<void> {
  const { epoch } = (await both.controls.extracted.state()).ownership;
  expect(await both.controls.extracted.takeOver({ epoch })).toBe(true);
}
const rowsOf = (table: string) => both.monolith.test.query(`select key from strangler.${table} order by id`);

it('ends first; what he has written is a report, and nobody is told that it was done', async () => {
  const { monolith } = both;
  stall(true);
  const [late, later] = [await writing('late'), await writing('later')];
  await monolith.test.query(
    `update strangler.relay set degraded_since = clock_timestamp() - interval '1 hour', alone_at = clock_timestamp() - interval '1 hour'`,
  );
  await takesOver();
  const proving = monolith.control.prove();
  await until('nobody comes in any more', async () =>
    (await monolith.control.state()).standpoint.proven ? undefined : true,
  );
  await expect(monolith.test.query(`insert into parcels.parcel values ('other', 1)`)).rejects.toMatchObject({
    code: 'SR425',
  });
  await late.client.query('commit');
  const deliveries = new Deliveries(monolith.database, 'parcels');
  const told = deliveries
    .whenStored(await written(monolith.database, late.ids), 60_000)
    .catch((error: unknown) => error);
  await later.client.query('rollback');
  expect(await proving).toBe(true);
  expect(await told).toBeInstanceOf(UnconfirmedError);
  expect(await rowsOf('outbox_changes')).toEqual([]);
  expect(await rowsOf('given_up')).toEqual([{ key: 'late' }]);
  expect((await monolith.control.state()).ownership.extractedBelow).toBe(10_000);
  await deliveries.close();
});

it('who does not end holds the proof, and is named; it goes on when he has ended', async () => {
  const { monolith } = both;
  stall(true);
  const { client, pid } = await writing('late');
  await takesOver();
  expect(await monolith.control.prove()).toBe(false);
  const state = await monolith.control.state();
  const { held, standpoint } = state;
  expect(held).toEqual({ kind: 'writers inside', pids: [pid] });
  expect(standpoint).toMatchObject({ proven: false, extractedBelow: 0 });
  const patient = {
    at: {},
    row: { module: 'parcels' },
    observed: { states: { monolith: state } },
    advice: plainAdvice,
  };
  expect(standings(patient as never)).toMatchObject([
    {
      problem: expect.stringContaining(`pid ${pid}`) as string,
      remedy: expect.stringContaining('by itself') as string,
    },
  ]);
  await client.query('commit');
  expect(await monolith.control.prove()).toBe(true);
  expect(await rowsOf('given_up')).toEqual([{ key: 'late' }]);
});

it('who is waited for while another process proves the side: what the other one had told is void', async () => {
  const { monolith } = both;
  stall(true);
  const { client } = await writing('late');
  const store = new ContinuityStore(monolith.database, 'parcels');
  const asked = await store.read();
  await takesOver();
  const concluding = store.conclude(asked, (await both.controls.extracted.state()).standpoint);
  await until('nobody comes in any more', async () => ((await store.read()).proven ? undefined : true));
  expect(await store.proveStart(asked.start, 'peer')).toBe(true);
  await client.query('commit');
  expect(await concluding).toBeNull();
  expect(await store.read()).toMatchObject({ proven: true, extractedBelow: 0 });
  expect(await rowsOf('given_up')).toEqual([]);
});

it('a change of a bucket that the other side owns does not stay in the outbox', async () => {
  const { monolith } = both;
  stall(true);
  await takesOver();
  expect(await monolith.control.prove()).toBe(true);
  await monolith.test.query(
    `select strangler.record_changes('parcels', 'parcel', array[array['known']::text], array['known'], 0, 9999)`,
  );
  stall(false);
  await until('it is a report', async () => ((await rowsOf('given_up')).length > 0 ? true : undefined));
  expect(await rowsOf('outbox_changes')).toEqual([]);
  await until('the module is not degraded any more', async () =>
    (await monolith.control.state()).outgoing.degradedSince === null ? true : undefined,
  );
});
