import { increments } from '#strangler/migrate/sql-files';
import { freshDatabase } from '../../support/postgres.js';

/* A release before has kept answers, rows and reasons as they were. They would stand there as long as the module does. */
it('an upgrade takes what was kept of people, and leaves what it was about', async () => {
  const test = await freshDatabase();
  await test.query(`
    insert into strangler.mismatch (module, operation, input, differences) values ('toy', 'look', '{}', '[{"path":"email","monolith":"ada@x"}]');
    insert into strangler.verification (module, requested_at, cursor) values ('toy', now(), '{"differences":[{"fields":{"email":{"monolith":"ada@x"}}}]}');
    insert into strangler.outbox (module, table_name, pks, keys, count, low, high, parked) values
      ('toy', 't', '{{1}}', '{k}', 1, 0, 9999, 'violates check constraint "odd"; Failing row contains (1, ada@x).'),
      ('toy', 't', '{{2}}', '{k}', 1, 0, 9999, 'row larger than a message');
    insert into strangler.given_up (module, id, table_name, pk, key, why) values
      ('toy', 1, 't', '{1}', 'k', 'duplicate key value violates unique constraint "one"; Key (email)=(ada@x) already exists.');
    insert into strangler.relay (module, reason) values ('toy', 'duplicate key; Key (email)=(ada@x) already exists.')`);
  const privacy = increments().find(({ name }) => name.startsWith('Privacy'));
  await test.query(privacy!.text());
  expect(await test.query('select from strangler.mismatch')).toEqual([]);
  expect(
    await test.query('select cursor, requested_at is not null as asked from strangler.verification'),
  ).toEqual([{ cursor: null, asked: true }]);
  expect(await test.query('select parked from strangler.outbox order by id')).toEqual([
    { parked: 'violates check constraint "odd"' },
    { parked: 'row larger than a message' },
  ]);
  expect(await test.query('select why from strangler.given_up')).toEqual([
    { why: 'duplicate key value violates unique constraint "one"' },
  ]);
  expect(await test.query('select reason from strangler.relay')).toEqual([{ reason: 'duplicate key' }]);
  await test.drop();
});
