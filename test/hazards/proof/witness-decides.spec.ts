import { Logger } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import { NobodyServesError, type Answer, type Peer } from '#strangler/engine/identity/peer';
import { WitnessFile } from '#strangler/engine/identity/witness-file';
import { witnessOf } from '#strangler/engine/identity/witness';
import { Database } from '#strangler/database/database';
import { NatsLink } from '#strangler/nats/link';
import { SideAgent } from '#strangler/sides/agent';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';

/*
 * The monolith's database was put back to before its module began to move. It knows of no other side, so it would take writes beside
 * the one that owns them. Who tells it otherwise: the other side, if it answers; else the file outside of the database, which lists
 * every module that was ever paired. What would go wrong: nobody asks, for this process would have to start NATS to ask there; or the file
 * was given up, and with it the knowledge that there was a pairing at all.
 */
const name = 'cells';
let test: TestDatabase;
let database: Database;
let folder: string;
let agent: SideAgent;
const asked: string[] = [];

beforeEach(async () => {
  for (const level of ['warn', 'error'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
  folder = await mkdtemp(join(tmpdir(), 'witness-'));
  test = await freshDatabase();
  database = new Database(test.url);
  await test.query('create schema cells; create table cells.cell (code text primary key)');
  asked.length = 0;
});
afterEach(async () => {
  await agent.stop();
  await database.close();
  await test.drop();
  await rm(folder, { recursive: true });
  jest.restoreAllMocks();
});

const nobody: Peer = {
  ask: () => Promise.reject(new NobodyServesError('nobody answers')),
  askAll: () => Promise.resolve([]),
};
const away: Peer = { ...nobody, askAll: () => Promise.reject(new Error('NATS does not answer')) };

/** A process starts, which would have to start a NATS of its own to ask there. */
async function starts(peer: Peer): Promise<void> {
  const link = new NatsLink(() => Promise.reject(new Error('none here')), { startsServer: true });
  const heard = <T>(question: { kind: string }, answer: Promise<T>) => (asked.push(question.kind), answer);
  const listening: Peer = {
    ask: (question, to) => heard(question, peer.ask(question, to)),
    askAll: (question) => heard(question, peer.askAll(question)),
  };
  const module = { module: name, ownership: 'by-key', tables: ['cell'], routingKey: 'code', transforms: {} };
  const options = { database, module: module as never, side: 'monolith' as const, link, peer: listening };
  agent = new SideAgent({ ...options, witness: `${folder}/` });
  await agent.start();
}

/** What processes of before have written, when the module was paired. */
async function wasPaired(): Promise<WitnessFile> {
  await starts(nobody);
  await agent.stop();
  const mine = await new ContinuityStore(database, name).read();
  const file = new WitnessFile(`${folder}/`, name);
  file.locate(mine.database);
  file.begin(witnessOf(mine));
  return file;
}

const write = () =>
  database.transaction(async (q) => {
    await q.query('select strangler.assert_owner($1, $2)', [name, ['A']]);
    await q.query(`insert into cells.cell values (gen_random_uuid()::text)`);
  });

it('it was never paired: nobody is asked, and it is not held', async () => {
  await starts(nobody);
  await write();
  expect(asked).toEqual([]);
  expect((await agent.state()).held).toBeNull();
});

it.each([
  ['nobody answers', nobody],
  ['NATS cannot be reached', away],
])('%s: the file knows of a pairing, so it takes no writes', async (_what, peer) => {
  await wasPaired();
  await starts(peer);
  expect(asked).toContain('number');
  await expect(write()).rejects.toMatchObject({ code: 'SR425' });
  const { held } = await agent.state();
  expect(held).toMatchObject({ kind: 'no witness', detail: expect.stringContaining(folder) as string });
});

it('also a file that was given up knows of the pairing', async () => {
  const file = await wasPaired();
  file.stored('another start', { term: 1, seq: 1, ids: [1] }, null, 1);
  expect(file.read()).toBeNull();
  await starts(nobody);
  await expect(write()).rejects.toMatchObject({ code: 'SR425' });
});

it('the other side answers that it moves nothing of it: then it is at home', async () => {
  await wasPaired();
  const { database: id, home } = await new ContinuityStore(database, name).read();
  const some = {
    number: 1,
    database: `${id.slice(0, -4)}0000`,
    home: `${home} elsewhere`,
    epoch: 9,
    knownAs: null,
  };
  const answer: Answer = { kind: 'number', capture: false, ...some };
  await starts({ ...nobody, askAll: () => Promise.resolve([answer]) });
  await write();
});

it('an operator says that nothing is missing: it takes writes', async () => {
  await wasPaired();
  await starts(nobody);
  await expect(write()).rejects.toMatchObject({ code: 'SR425' });
  const { start } = (await agent.state()).standpoint;
  expect(await agent.serveUnproven({ start: 'of before' })).toBe(false);
  expect(await agent.serveUnproven({ start })).toBe(true);
  await write();
});
