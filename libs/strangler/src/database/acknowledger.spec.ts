import { randomUUID } from 'node:crypto';
import { toyDatabase, type ToyDatabase } from '../../../../test/support/toy.js';
import { toyExecutor } from '../../../../test/support/toy-executor.js';
import { desk, shelf, till, toyModules } from '../../../../test/support/toy-modules.js';
import type { Acknowledger } from './acknowledger.js';
import { Database } from './database.js';
import { startCapture } from '../engine/ownership/capture.js';
import { routeOf } from '../routes/routes.js';
import { describeTables } from './tables.js';

/* Exactly the rows that a transaction has written are waited for, after its commit; and nobody waits where none are. */
let database: ToyDatabase;
let own: Database;
let waited: [string, readonly number[]][];
let hits: [string, string, readonly string[]][];

const acknowledger: Acknowledger = {
  afterCommit: async (module, { ids, start }) => {
    expect(start).toMatch(/^\d{4}-/);
    // Committed: another session sees the rows.
    const rows = await own.query('select from strangler.outbox_changes where module = $1 and id = any($2)', [
      module,
      ids,
    ]);
    expect(rows).toHaveLength(ids.length);
    waited.push([module, ids]);
  },
  onHit: async (...hit) => void hits.push(hit),
};

beforeAll(async () => {
  database = await toyDatabase({ modules: ['toy', 'shelf', 'till', 'desk'] });
  own = new Database(database.url);
});
beforeEach(() => {
  waited = [];
  hits = [];
});
afterAll(async () => {
  await own.close();
  await database.drop();
});

async function capture(module: string): Promise<void> {
  const tables = ['idempotency', 'saga'];
  const moving = { module, ownership: 'by-key' as const, tables, routingKey: undefined, transforms: {} };
  await startCapture(own, await describeTables(own, moving));
}

const idsOf = async (module: string): Promise<number[]> => {
  const rows = await own.query<{ id: number }>('select id from strangler.outbox_changes where module = $1', [
    module,
  ]);
  return rows.map(({ id }) => id).sort((a, b) => a - b);
};

it('a command: none before capture, then its own rows, and once more when it comes again', async () => {
  const { executor } = toyExecutor(database.dataSource, { acknowledger });
  await executor.execute('put', { name: 'A' }, randomUUID());
  expect(waited).toEqual([]);
  await capture('toy');
  const commandId = randomUUID();
  await executor.execute('put', { name: 'A' }, commandId);
  // The claim, and its result.
  expect(waited).toEqual([['toy', await idsOf('toy')]]);
  expect(hits).toEqual([]);
  await executor.execute('put', { name: 'A' }, commandId);
  expect(waited).toHaveLength(1);
  expect(hits).toEqual([['toy', commandId, ['A']]]);
});

it('a process: the rows of every module that is sent to the other side, of each of its transactions', async () => {
  const modules = toyModules(database, { acknowledger });
  const [here, sent] = [routeOf('monolith'), routeOf('dual-write')];
  modules.routes.replace({ [shelf.name]: sent, [till.name]: here, [desk.name]: sent });
  const commandId = randomUUID();
  for (const module of ['desk', 'shelf']) await capture(module);
  await modules.port.serve({ name: 'A' }, { commandId });
  expect(waited).toEqual([['desk', await idsOf('desk')]]);
  await modules.port.serve({ name: 'A' }, { commandId });
  expect(hits).toEqual([['desk', commandId, ['A']]]);
  modules.routes.replace({ [shelf.name]: sent, [till.name]: routeOf('extracted'), [desk.name]: sent });
  waited = [];
  const former = await idsOf('desk');
  await modules.port.serve({ name: 'B' });
  const rows = (await idsOf('desk')).filter((id) => !former.includes(id));
  expect(waited.flatMap(([module, ids]) => (module === 'desk' ? ids : [])).sort((a, b) => a - b)).toEqual(
    rows,
  );
});
