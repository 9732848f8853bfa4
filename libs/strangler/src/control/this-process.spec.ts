import { hostname } from 'node:os';
import { absentDatabase, freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { Database } from '../database/database.js';
import { Subjects } from '../nats/subjects.js';
import type { FileReading } from './config/wishes-file.js';
import type { ProcessView } from './store/processes.js';
import { ThisProcess, type ThisProcessParts } from './this-process.js';

/* What would go wrong: a head of the page that shows a password, green lamps of what is gone, or nothing at all once something is. */
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

const link = { current: undefined, asleep: false, server: null, subjects: new Subjects('depot') };
const reading: FileReading = { path: 'strangler.yaml', hash: 'abc', readAt: 0, problem: null };
const process = (pid: number, leads: string[]): ProcessView => ({
  ...{ id: String(pid), host: 'there', pid, version: '1', file: 'moves.yaml', hash: null, problem: null },
  ...{ readMs: 0, leads },
});

const partsOf = (change: Partial<ThisProcessParts> = {}): ThisProcessParts => ({
  says: { name: 'monolith', version: '1.2.3', environment: 'production' },
  ...{ link, database, modules: ['stock', 'desk'], away: () => [] },
  state: () => Promise.reject(new Error('nobody answers')),
  ...{ leads: () => [], live: () => [], reading: () => reading },
  ...change,
});
const statusOf = (change?: Partial<ThisProcessParts>) => new ThisProcess(partsOf(change)).status();
const place = { address: 'db.example:5432/stock', role: 'stock' };

it('says what it is, and who leads what', async () => {
  const live = () => [process(7, []), process(8, ['desk', 'lamp'])];
  expect(await statusOf({ live, leads: () => ['stock'] })).toMatchObject({
    ...{ name: 'monolith', version: '1.2.3', namespace: 'depot', environment: 'production' },
    ...{ host: hostname(), pid: globalThis.process.pid, leads: ['stock'] },
    leaders: [
      { module: 'stock', process: null },
      { module: 'desk', process: 'process 8 on there, which reads moves.yaml' },
    ],
  });
});

it('its own database by its address, and not by its password', async () => {
  const { databases } = await statusOf();
  const { host, pathname, username, password } = new URL(test.url);
  expect(databases).toEqual([
    { side: 'monolith', module: null, address: host + pathname, role: username, state: 'up' },
  ]);
  expect(password.length).toBeGreaterThan(3);
  expect(JSON.stringify(await statusOf())).not.toContain(password);
});

it('one that is not there is down, and all else is told', async () => {
  const gone = new Database(absentDatabase().url);
  const { databases, name } = await statusOf({ database: gone });
  expect([databases, name]).toEqual([
    [{ side: 'monolith', module: null, ...gone.place, state: 'down' }],
    'monolith',
  ]);
  await gone.close();
});

it('one that gives no answer is down', async () => {
  const silent = { place, query: () => new Promise<never>(() => undefined) };
  expect((await statusOf({ database: silent })).databases).toMatchObject([{ ...place, state: 'down' }]);
});

it('those of services are asked for where modules are away, and known by what they said last', async () => {
  let answer = (): Promise<{ place?: typeof place }> => Promise.reject(new Error('nobody answers'));
  const asked: string[] = [];
  const made = new ThisProcess(
    partsOf({ away: () => ['stock'], state: (module) => (asked.push(module), answer()) }),
  );
  const ofService = async () => (await made.status()).databases.slice(1);
  const stock = { side: 'extracted', module: 'stock' };
  expect(await ofService()).toEqual([{ ...stock, address: null, role: null, state: 'not known' }]);
  answer = () => Promise.resolve({ place });
  expect(await ofService()).toEqual([{ ...stock, ...place, state: 'up' }]);
  answer = () => Promise.reject(new Error('nobody answers'));
  expect(await ofService()).toEqual([{ ...stock, ...place, state: 'not known' }]);
  answer = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
  expect(await ofService()).toEqual([{ ...stock, ...place, state: 'down' }]);
  expect(asked).toEqual(['stock', 'stock', 'stock', 'stock']);
});

it('a service of a release that does not say where its database is has one that is up', async () => {
  const { databases } = await statusOf({ away: () => ['desk'], state: () => Promise.resolve({}) });
  expect(databases[1]).toEqual({ side: 'extracted', module: 'desk', address: null, role: null, state: 'up' });
});

const server = { address: 'nats.example:4222', version: '2.14.0' };
it.each<[string, Partial<ThisProcessParts['link']>, object]>([
  [
    'is there',
    { current: {} as never, server },
    { state: 'connected', server: server.address, version: '2.14.0' },
  ],
  ['is lost', { server }, { state: 'lost', server: server.address, version: '2.14.0' }],
  ['was never there', {}, { state: 'lost', server: null, version: null }],
  ['is not needed yet', { asleep: true }, { state: 'none', server: null, version: null }],
])('NATS %s', async (_how, change, nats) => {
  expect((await statusOf({ link: { ...link, ...change } })).nats).toEqual(nats);
});

it.each<[string, Partial<FileReading>, object]>([
  ['in force', {}, { state: 'in force', problem: null }],
  ['not there', { hash: null }, { state: 'none', problem: null }],
  ['refused', { problem: 'line 9 refused' }, { state: 'refused', problem: 'line 9 refused' }],
  ['gone', { hash: null, problem: 'it is gone' }, { state: 'refused', problem: 'it is gone' }],
])('the file is %s', async (_how, change, file) => {
  const { file: told } = await statusOf({ reading: () => ({ ...reading, ...change }) });
  expect(told).toEqual({ path: 'strangler.yaml', ...file });
});
