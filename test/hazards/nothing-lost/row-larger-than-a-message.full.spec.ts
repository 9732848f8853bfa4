import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { NatsLink } from '#strangler/nats/link';
import { BatchReader } from '#strangler/engine/replication/read-batch';
import { sendTo, serveReplication } from '#strangler/sides/transport';
import { startNats, type TestNats } from '../../support/nats.js';
import { replicas, type Replicas } from '../../support/replication.js';
import { untilUp } from '../../support/rpc.js';
import { until } from '../../support/until.js';

/*
 * Rows of several megabytes, which no message of NATS carries: a document, a picture. Set aside they would hold every hand-off up for
 * ever. They go in pieces; what is behind them goes on, and nobody reads, or keeps, more of them than fits into a batch.
 */
let both: Replicas;
let nats: TestNats;
const links: NatsLink[] = [];
let stop: () => void;
/** Of the frames that were sent, in bytes. */
let frames: number[];

const MB = 1_048_576;

async function connected(): Promise<NatsLink> {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  links.push(link);
  link.start();
  await untilUp(link);
  return link;
}

beforeAll(async () => {
  for (const level of ['log', 'warn'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
  [both, nats] = await Promise.all([replicas(), startNats()]);
  stop = serveReplication(await connected(), await both.extracted.place(), both.extracted.receives);
});
beforeEach(() => (frames = []));
afterEach(() => both.reset());
afterAll(async () => {
  stop();
  await both.close();
  for (const link of links) await link.close();
  await nats.stop();
  jest.restoreAllMocks();
});

const owner = () => both.monolith.database;
const fill = (from: number, to: number, bytes = 1) =>
  owner().query(
    `insert into fruit.basket select i, 'owner ' || i, repeat('x', $3), 1 from generate_series($1::int, $2::int) i`,
    [from, to, bytes],
  );

async function relay(): Promise<void> {
  const link = await connected();
  const send = sendTo(link, 'fruit', 'extracted');
  both.relay({
    maxPayload: () => link.current!.info!.max_payload,
    send: (frame, to) => {
      frames.push(frame.length);
      return send(frame, to);
    },
  });
}

/** Their texts as numbers: nobody wants to see them when they differ. */
const expectSame = async () => {
  const sums = [both.monolith, both.extracted].map(({ database }) =>
    database.query('select id, owner, md5(content) as content, weight from fruit.basket order by id'),
  );
  const [here, there] = await Promise.all(sums);
  expect(there).toEqual(here);
  expect(await both.monolith.outgoing.parked()).toEqual([]);
};

it('in the outbox and in a chunk, among small ones: all are there, and none is set aside', async () => {
  await fill(1, 5);
  await fill(6, 7, 3 * MB);
  await fill(8, 30);
  await owner().query('delete from strangler.outbox');
  await both.backfill();
  await fill(31, 40);
  await fill(41, 41, 5 * MB);
  await fill(42, 50);
  await relay();
  await both.drained();
  await expectSame();
  expect(Math.max(...frames)).toBeGreaterThan(5 * MB);
});

it('in a chunk, while the outbox is never empty: the backfill ends all the same', async () => {
  await fill(1, 4, 2 * MB);
  await owner().query('delete from strangler.outbox');
  await both.backfill();
  await fill(10, 30);
  await relay();
  const done = async () => (await both.monolith.outgoing.outgoing()).backfill.every((each) => each.done);
  for (let round = 0; !(await done()); round++)
    await owner().query('update fruit.basket set weight = $1 where id >= 10', [round]);
  await both.drained();
  await expectSame();
});

it('many of them in one statement: no more go at once than a batch holds, and other writes go on', async () => {
  await fill(1, 12);
  await relay();
  await both.drained();
  frames = [];
  await owner().query(`update fruit.basket set content = repeat('y', $1) where id > 2`, [3 * MB]);
  const largeLeft = async () =>
    (await owner().query('select from strangler.outbox_changes where pk[1]::int > 2 limit 1')).length > 0;
  for (let writes = 0; (await largeLeft()) || writes < 20; writes++)
    await owner().query('update fruit.basket set weight = weight + 1 where id <= 2');
  await both.drained();
  await expectSame();
  // Eight messages, so that a transaction comes whole where it can.
  expect(Math.max(...frames)).toBeLessThan(8 * MB + 8_192);
});

it('those that do not fit are measured, and not read', async () => {
  await owner().query('alter table fruit.basket alter content set storage external');
  await fill(1, 60, 2 * MB);
  const client = new Client({ connectionString: both.monolith.test.url });
  await client.connect();
  const { module, side, tables } = {
    module: 'fruit',
    side: 'monolith' as const,
    tables: both.monolith.tables,
  };
  const read = async () => {
    await client.query('select pg_stat_force_next_flush()');
    const { rows } = await client.query<{ pages: string }>(
      `select toast_blks_hit + toast_blks_read as pages from pg_statio_user_tables where relid = 'fruit.basket'::regclass`,
    );
    return Number(rows[0]!.pages);
  };
  const before = await read();
  const batch = await new BatchReader(module, side, tables).read(client, {
    ...{ rows: 2_000, allRows: 2_000, chunkRows: 2_000, bytes: MB, rowBytes: 48 * MB },
    ...{ inFlight: '{}', position: undefined, heard: null },
  });
  expect([batch.kept, batch.cut, batch.picked]).toEqual([1, true, 60]);
  const pages = (await read()) - before;
  await client.end();
  await owner().query('alter table fruit.basket alter content set storage extended');
  // One row has some 1,050 of them, with their index.
  expect(pages).toBeGreaterThan(0);
  expect(pages).toBeLessThan(5 * 1_100);
});

it('one that was never sent in full, for its sender is gone: the next one sends it', async () => {
  await fill(1, 1, 3 * MB);
  const dead = await connected();
  const asked = until('it is asked for', () => (frames.length > 0 ? true : undefined));
  const first = both.relay({
    maxPayload: () => MB,
    send: async (frame, to) => {
      frames.push(frame.length);
      const sent = sendTo(dead, 'fruit', 'extracted')(frame, to);
      if (frame.length > MB) await dead.close();
      return sent;
    },
  });
  await asked;
  await until('it was cut off', () => (frames.some((length) => length > MB) ? true : undefined));
  await first.stop();
  await relay();
  await both.drained();
  await expectSame();
});
