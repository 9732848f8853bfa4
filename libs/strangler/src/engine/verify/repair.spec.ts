import { openPair, writeAsCopy, type TestPair } from '../../../../../test/support/verifying.js';
import { repairModule } from './repair.js';

/* A copy under a wrong routing key. What would go wrong: capture lets nobody change a key, so its mending is refused for ever. */
const shelf = {
  module: 'shelf',
  ownership: 'by-key',
  routingKey: 'owner',
  tables: ['item'],
  transforms: {},
} as const;
const ddl = `create schema shelf; create table shelf.item (id integer primary key, owner text not null)`;

let pair: TestPair;
beforeAll(async () => (pair = await openPair({ module: shelf, ddl: { monolith: ddl, extracted: ddl } })));
afterAll(() => pair.drop());

it('a copy under a wrong routing key is sent as deleted there and written anew', async () => {
  await writeAsCopy(pair.sides.extracted, `insert into shelf.item values (1, 'wrong')`);
  await pair.sides.monolith.query(`insert into shelf.item values (1, 'right')`);
  await pair.sides.monolith.query('delete from strangler.outbox');
  const { controls, sides } = pair;
  const { found, sent } = await repairModule({ controls, tables: sides.monolith.tables, patienceMs: 1 });
  expect(found.differences).toMatchObject([{ key: 'right', wrongKey: 'wrong', owner: 'monolith' }]);
  expect(sent).toBe(1);
  const outbox = await sides.monolith.query('select pk, key from strangler.outbox_changes order by id');
  expect(outbox).toEqual([
    { pk: ['1'], key: 'wrong' },
    { pk: ['1'], key: 'right' },
  ]);
});
