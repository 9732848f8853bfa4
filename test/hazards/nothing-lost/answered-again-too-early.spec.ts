import { randomUUID } from 'node:crypto';
import type { MovingModule } from '#strangler/database/tables';
import { heldSend, replicas, type Replicas } from '../../support/replication.js';
import { until } from '../../support/until.js';

/*
 * A command is carried out, and its answer is lost; its rows are still on their way to the other side. The caller asks again under
 * the same id; told from the claim, it would hear of a success that the other side does not have. Nor is it enough to wait for the
 * claim's own row: a later command has changed a row of this one, which goes over with its last change.
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
    await q.query(
      `select strangler.begin_command('pot', $1, array['anna'], array['x'::bytea], null, false)`,
      [commandId],
    );
    await q.query(`insert into pot.plant values (1, 'anna', 10)`);
    await q.query(
      `select strangler.store_results('pot', $1, array['anna'], array['"grown"'], array['x'::bytea])`,
      [commandId],
    );
  });
  await both.monolith.test.query('update pot.plant set height = 11 where id = 1');

  const way = heldSend(both.extracted.receiver);
  const deliveries = both.deliveries();
  both.relay({ deliveries, send: way.send, degradedAfterMs: 60_000 });
  const batch = await until('a batch waits', () => way.held[0]);
  const effect = () => both.extracted.rows('plant');
  const outstanding = await deliveries.outstandingOf('pot', ['anna']);
  // The claim with its result, the row and its later change.
  expect(outstanding.ids).toHaveLength(3);
  const answered = deliveries.whenStored(outstanding, 60_000).then(effect);
  expect(await Promise.race([answered, Promise.resolve('it waits')])).toBe('it waits');
  way.hold = false;
  await batch.deliver();
  expect(await answered).toEqual(['(1,anna,11,)']);
});
