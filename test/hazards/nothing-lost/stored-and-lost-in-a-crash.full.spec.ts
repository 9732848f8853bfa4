import { createDatabase, migrate } from '#platform';
import { randomUUID } from 'node:crypto';
import { pair } from '#strangler/engine/identity/pairing';
import { standpointIn } from '#strangler/engine/identity/standpoint-in';
import { Database } from '#strangler/database/database';
import { Ownership } from '#strangler/engine/ownership/ownership';
import { Receiver } from '#strangler/engine/replication/apply';
import { encodeFrame } from '#strangler/engine/replication/frame';
import { describeTables } from '#strangler/database/tables';
import { startPostgres, type OwnPostgres } from '../../support/own-postgres.js';
import { queryOnce } from '../../support/postgres.js';
import { fruit } from '../../support/replication.js';

/*
 * A database is set to answer a commit before it is on the disk (`synchronous_commit = off`, for speed). The sender of a batch
 * deletes its changes when they are stored: if the receiver crashes then, they would be nowhere. A fence that is lost in a crash
 * leaves two owners.
 */
let server: OwnPostgres;
let database: Database;
let url: string;

beforeAll(async () => {
  server = await startPostgres();
  url = server.database('extracted');
  await createDatabase(url);
  await migrate(url, []);
  await queryOnce(
    url,
    `create schema fruit;
     create table fruit.basket (id bigint primary key, owner text not null, content text, weight numeric);
     create table fruit.label (id uuid primary key, owner text not null, name text not null, shown boolean);
     alter database extracted set synchronous_commit = off`,
  );
  // What is not written at the commit is not written before the crash.
  await queryOnce(url, 'alter system set wal_writer_delay = 10000');
  await queryOnce(url, 'select pg_reload_conf()');
  database = new Database(url);
}, 120_000);
afterAll(async () => {
  await database.close();
  await server.stop();
});

it('what is said to be stored survives', async () => {
  await new Ownership(database).ensure('fruit', 'extracted');
  const here = await standpointIn(database, 'fruit');
  // A sender that nobody has to run: what it says of itself is enough.
  const sender = { ...here, database: randomUUID(), side: 'monolith' as const, received: [] };
  await pair(database, 'fruit', sender);
  await database.query('update strangler.ownership set capture = true');
  const origin = {
    ...{ from: sender.database, to: here.database, start: here.start },
    ...{ life: 1, confirmed: null, complete: false },
    claims: { side: sender.side, epoch: 1, below: 0, fenceFrom: null, fenceTo: null },
  };
  const receiver = new Receiver(database, await describeTables(database, fruit), 'fruit');
  const columns = ['id', 'owner'];
  const batch = (seq: number) =>
    receiver.apply(
      encodeFrame({
        ...{ module: 'fruit', term: 1, seq, mode: 'upsert', ids: [], after: null, origin },
        parts: [{ kind: 'rows', table: 'basket', columns, text: `[{"id":"${seq}","owner":"anna"}]` }],
      }),
    );
  for (const seq of [1, 2, 3]) expect(await batch(seq)).toMatchObject({ outcome: 'stored' });
  await server.end('crash');
  await server.restart();
  expect(await queryOnce(url, 'select id::int from fruit.basket order by id')).toEqual([
    { id: 1 },
    { id: 2 },
    { id: 3 },
  ]);
}, 60_000);

it('so does a fence', async () => {
  const ownership = new Ownership(database);
  await ownership.ensure('crate', 'monolith');
  expect(await ownership.fence('crate', 1, { from: 0, to: 5_000 })).toBe(true);
  await server.end('crash');
  await server.restart();
  expect(await ownership.read('crate')).toMatchObject({ epoch: 2, fenceFrom: 0, fenceTo: 5_000 });
}, 60_000);
