import { freshDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { Database } from '../../database/database.js';
import { History } from '../store/history.js';
import type { ModuleRow } from '../store/module-row.js';
import { VerificationStore, type VerifyReport } from '../store/verification-store.js';
import { SteadyClock } from '../terms/clock.js';
import type { ControlNeeds, VerifyOrder } from './needs.js';
import { Verifier } from './verifier.js';

/* What would go wrong: a comparison of many rows begins anew each time that somebody restarts, and never ends. */
const row = { module: 'toy', phase: 'shifting' } as ModuleRow;
const report: VerifyReport = { rows: 60, differences: 2, repaired: 0, examples: ['item a'], left: [] };
let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

/** One of a process: it compares as `how` says. */
const verifierOf = (how: (order: VerifyOrder) => Promise<VerifyReport>) =>
  new Verifier(
    { verify: (_module, order) => how(order) } as Partial<ControlNeeds> as ControlNeeds,
    new VerificationStore(database),
    new History(database),
    new SteadyClock(),
  );

it('goes on in another process where the one before has stopped, for whoever has asked', async () => {
  const store = new VerificationStore(database);
  await store.request('toy', { actor: 'ann', repair: false }, Date.now());
  const first = verifierOf(async ({ onProgress, signal }) => {
    await onProgress({ done: 30, total: 60, cursor: { after: 'm' } });
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(new Error('stopped'))),
    );
  });
  await first.tend(row);
  await until('half of it is done', async () => ((await store.read('toy')).done === 30 ? true : undefined));
  await first.stop();
  const asked: VerifyOrder[] = [];
  const second = verifierOf(async (order) => {
    asked.push(order);
    return report;
  });
  await second.tend(row);
  await until('it has ended', async () => ((await store.read('toy')).checkedAt ? true : undefined));
  expect(asked).toMatchObject([{ cursor: { after: 'm' }, repair: false }]);
  expect(await store.read('toy')).toMatchObject({ request: null, cursor: null, rows: 60, differences: 2 });
  const told = () => new History(database).latest('toy', 1);
  const [entry] = await until('it is told', async () => ((await told()).length > 0 ? told() : undefined));
  expect(entry).toMatchObject({ action: 'verify', actor: 'ann', outcome: 'failed', figures: { rows: 60 } });
});
