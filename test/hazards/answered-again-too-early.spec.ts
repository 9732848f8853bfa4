import { randomUUID } from 'node:crypto';
import type { MovingModule } from '../../libs/strangler/src/tables.js';
import { heldSend, replicas, type Replicas } from '../support/replication.js';
import { until } from '../support/until.js';

/*
 * A command is carried out, and its answer is lost. A later command changes the same row. Rows go over in the order of their
 * last change: the first command's claim is stored on the other side before its effect. The caller asks again under the same
 * id; told from the claim, it would hear of a success that the other side does not have.
 */
const pot: MovingModule = {
  module: 'pot',
  ownership: 'by-key',
  tables: ['plant', 'idempotency'],
  routingKey: 'owner',
  transforms: {},
};
const ddl = `
  create schema pot;
  create table pot.plant (id integer primary key, owner text not null, height integer not null, soil text);
  create table pot.idempotency (
    command_id uuid not null, routing_key text not null, input_hash bytea not null, result json,
    created_at timestamptz not null default now(), undone boolean not null default false,
    primary key (command_id, routing_key));`;

let both: Replicas;
beforeAll(async () => {
  both = await replicas(pot, ddl);
});
afterAll(() => both.close());

it('a caller that comes again is told when all of the effect is there, and not by the claim alone', async () => {
  const commandId = randomUUID();
  await both.monolith.database.transaction(async (q) => {
    await q.query(`select strangler.begin_command('pot', $1, array['anna'], array['x'::bytea])`, [commandId]);
    await q.query(`insert into pot.plant values (1, 'anna', 10)`);
    await q.query(`select strangler.store_results('pot', $1, array['anna'], array['"grown"'])`, [commandId]);
  });
  // So much that what comes behind it is in the next message.
  await both.monolith.test.query(
    `insert into pot.plant select id, 'bert', 0, repeat('x', 400000) from generate_series(2, 4) id`,
  );
  await both.monolith.test.query('update pot.plant set height = 11 where id = 1');

  const way = heldSend(both.extracted.receiver);
  const deliveries = both.deliveries();
  both.relay({ deliveries, send: way.send, degradedAfterMs: 60_000 });
  await (await until('the first batch waits', () => way.held[0])).deliver();
  const second = await until('the second batch waits', () => way.held[1]);
  await until('the first is done', async () => {
    const sql = `select from strangler.outbox where table_name = 'idempotency'`;
    return (await both.monolith.test.query(sql)).length === 0 ? true : undefined;
  });
  expect(await both.extracted.rows('idempotency')).toHaveLength(1);
  const effect = async () => (await both.extracted.rows('plant')).filter((row) => row.startsWith('(1,anna,'));
  expect(await effect()).toEqual([]);

  const outstanding = await deliveries.outstandingOf('pot', ['anna']);
  const answered = deliveries.whenStored(outstanding, 60_000).then(effect);
  way.hold = false;
  await second.deliver();
  expect(await answered).toHaveLength(1);
});
