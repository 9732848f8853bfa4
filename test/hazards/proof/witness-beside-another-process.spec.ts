import { Logger } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Continuity } from '#strangler/engine/continuity/continuity';
import { NobodyServesError, type Peer } from '#strangler/engine/identity/peer';
import { standpointOf } from '#strangler/engine/identity/standpoint.fixture';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import { WitnessFile } from '#strangler/engine/identity/witness-file';
import { witnessOf } from '#strangler/engine/identity/witness';
import { Database } from '#strangler/database/database';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';

/*
 * Two processes of one side. One asks its peer what that has. While the answer is on its way the other one becomes the leader, sends a
 * batch, has it stored and writes it into the witness that both share. Then the answer comes: it does not know of that batch. What would
 * go wrong: the first one takes the batch for one that neither database has, and says that both were put back.
 */
const name = 'cells';
const peerId = '01a203db-0000-7000-8000-000000000002';
let test: TestDatabase;
let database: Database;
let folder: string;
let file: WitnessFile;

beforeEach(async () => {
  for (const level of ['warn', 'error', 'log'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  folder = await mkdtemp(join(tmpdir(), 'witness-'));
  test = await freshDatabase();
  database = new Database(test.url);
  await test.query(
    `insert into strangler.ownership (module, side, capture, peer, peer_home, peer_since, epoch, extracted_below, home, proven_start, proven_by)
     values ($1, 'monolith', true, $2, 'home of extracted', now(), 1, 0, strangler.home(), strangler.server_start(), 'peer')`,
    [name, peerId],
  );
  await test.query(
    `insert into strangler.applied (module, life, term, seq, complete) values ($1, 1, 0, 0, true)`,
    [name],
  );
  await test.query(
    `insert into strangler.relay (module, life, term, confirmed_term, confirmed_seq) values ($1, 1, 5, 5, 1)`,
    [name],
  );
  file = new WitnessFile(`${folder}/`, name);
  const mine = await new ContinuityStore(database, name).read();
  file.locate(mine.database);
  file.begin(witnessOf(mine));
});
afterEach(async () => {
  await database.close();
  await test.drop();
  await rm(folder, { recursive: true });
  jest.restoreAllMocks();
});

/** What the peer had when it was asked; then the other process does its part, and the answer comes. */
function peerThatHas(seq: number, meanwhile: () => Promise<unknown>): Peer {
  const told = standpointOf('extracted', {
    ...{
      database: peerId,
      start: '2026-01-01T00:00:00.000000Z',
      appliedLife: 1,
      applied: { term: 5, seq },
      pruned: { term: 5, seq: 1 },
    },
    received: seq === 1 ? [] : [{ term: 5, seq, ids: [seq] }],
  });
  return {
    ask: async (question) => {
      if (question.kind === 'number') return { kind: 'number', number: 0, ...told };
      await meanwhile();
      return { kind: 'told', told };
    },
    askAll: () => Promise.reject(new NobodyServesError('nobody answers')),
  };
}

const waits = (id: number) =>
  test.query(
    `insert into strangler.outbox (id, module, table_name, pks, keys, count, low, high) overriding system value
     values ($1, $2, 'cell', '{{A}}', '{A}', 1, 1, 1)`,
    [id, name],
  );
const stored = async (seq: number, confirmed: number) => {
  const { start } = await new ContinuityStore(database, name).read();
  file.stored(start, { term: 6, seq, ids: [seq] }, { term: 5, seq: confirmed }, 1);
};
const leads = () => test.query('update strangler.relay set term = 6 where module = $1', [name]);
const confirms = (seq: number) =>
  test.query('update strangler.relay set confirmed_term = 6, confirmed_seq = $2 where module = $1', [
    name,
    seq,
  ]);

const sends = async () => {
  await leads();
  await waits(2);
  await stored(2, 1);
};

it.each([
  ['it is in the outbox yet', sends],
  [
    'it is confirmed since',
    async () => {
      await sends();
      await confirms(2);
      await test.query('delete from strangler.outbox where id = 2');
    },
  ],
])('a batch that another process has sent meanwhile is not taken for lost: %s', async (_what, meanwhile) => {
  const continuity = new Continuity(database, name, peerThatHas(1, meanwhile), file);
  expect(await continuity.compareAnew()).toBe(true);
  expect(file.unprovable()).toBeUndefined();
});

it('one that neither had when it was asked is', async () => {
  await leads();
  await stored(2, 1);
  await test.query('update strangler.relay set term = 5 where module = $1', [name]);
  const continuity = new Continuity(
    database,
    name,
    peerThatHas(1, () => Promise.resolve()),
    file,
  );
  await continuity.compareAnew();
  expect(file.unprovable()).toMatchObject({ above: { term: 5, seq: 1 }, upTo: { term: 6, seq: 2 } });
});

it('what another process has stored while this one was asking stays in the witness, also across a hand-off', async () => {
  const meanwhile = async () => {
    await sends();
    await test.query('update strangler.ownership set epoch = 2 where module = $1', [name]);
  };
  const continuity = new Continuity(database, name, peerThatHas(1, meanwhile), file);
  expect(await continuity.compareAnew()).toBe(true);
  expect(file.read()).toMatchObject({ epoch: 2, received: [{ term: 6, seq: 2, ids: [2] }] });
});
