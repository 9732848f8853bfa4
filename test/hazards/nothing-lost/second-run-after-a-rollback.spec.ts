import { Caller } from '../support/caller.js';
import { Ledger } from '../support/ledger.js';
import { Twin } from '../support/twin.js';

/*
 * A module goes out, comes back all the way to `monolith`, and lives on there, with nobody recording what changes. When it
 * goes out again, the other side still has its old rows: what was deleted meanwhile must not come back, nor what was changed
 * stay as it was.
 */
let twin: Twin;
beforeAll(async () => (twin = await Twin.open()));
afterAll(() => twin.close());

it('what was deleted on the monolith meanwhile is no ghost in the second run', async () => {
  const caller = new Caller(twin, new Ledger());
  for (const name of ['G-KEPT', 'G-CHANGED', 'G-DELETED']) await caller.add(name);
  await twin.handOff(100);
  for (const name of ['G-KEPT', 'G-CHANGED', 'G-DELETED', 'G-BORN-THERE']) await caller.add(name);
  await twin.handOff(0);
  await twin.quiet();
  await twin.end();
  await twin.monolith.query(`delete from tally.counter where name in ('G-DELETED', 'G-BORN-THERE')`);
  await twin.monolith.query(`update tally.counter set count = 77 where name = 'G-CHANGED'`);
  await twin.monolith.query(`insert into tally.counter values ('G-NEW', 1, 1)`);
  await twin.monolith.query(`delete from tally.idempotency where routing_key = 'G-DELETED'`);
  await twin.begin();
  await twin.quiet();
  for (const table of ['counter', 'idempotency', 'ticket']) {
    expect(await twin.extracted.rows(table)).toEqual(await twin.monolith.rows(table));
  }
  expect(await twin.extracted.rows('counter')).toEqual(['(G-CHANGED,77,2)', '(G-KEPT,2,2)', '(G-NEW,1,1)']);
  expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
  expect(await caller.add('G-DELETED')).toMatchObject({ count: 1, version: 1 });
});
