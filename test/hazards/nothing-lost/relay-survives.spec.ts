import { NatsLink } from '#strangler/nats/link';
import { sendTo, serveReplication } from '#strangler/sides/transport';
import { startNats } from '../../support/nats.js';
import { replicas, type Replicas } from '../../support/replication.js';
import { until } from '../../support/until.js';

/*
 * What the relay depends on goes away and comes back: NATS, the connections to PostgreSQL, the receiver. It goes on by
 * itself, and nothing is lost.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterEach(() => both.reset());
afterAll(() => both.close());

let next = 0;
const put = () =>
  both.monolith.database.query(`insert into fruit.basket values ($1, 'anna', 'x', 1)`, [++next]);
const same = async () => {
  expect(await both.extracted.rows('basket')).toEqual(await both.monolith.rows('basket'));
};
const degraded = async () => (await both.monolith.outgoing.outgoing()).degradedSince !== null;

/** Resolves when they are gone. */
const terminateAll = (side: 'monolith' | 'extracted') =>
  both[side].test.query(
    `select pg_terminate_backend(pid, 60000) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name like 'strangler 0%'`,
  );

it('connections to either database are ended, again and again', async () => {
  both.relay({ batchRows: 20 });
  for (let round = 0; round < 10; round++) {
    await put();
    await terminateAll(round % 2 ? 'monolith' : 'extracted');
    await until('the write succeeds', () => put().catch(() => undefined));
  }
  await both.drained();
  await same();
});

it('the receiver dies after its commit, before it answers: the module is degraded and recovers by itself', async () => {
  let dead = true;
  both.relay({
    degradedAfterMs: 1_000,
    send: async (frame) => {
      const reply = await both.extracted.receiver.apply(frame);
      if (dead) throw new Error('the receiver is gone');
      return reply;
    },
  });
  await put();
  await until('the module is degraded', async () => ((await degraded()) ? true : undefined));
  expect((await both.monolith.outgoing.outgoing()).reason).toBe('the receiver is gone');
  await put();
  dead = false;
  await both.drained();
  await until('it is degraded no more', async () => ((await degraded()) ? undefined : true));
  await same();
});

it('NATS dies and comes back', async () => {
  const nats = await startNats();
  const [here, there] = [nats, nats].map(({ url }) => new NatsLink(async () => ({ servers: url })));
  here!.start();
  there!.start();
  const stop = serveReplication(there!, await both.extracted.place(), both.extracted.receives);
  both.relay({ send: sendTo(here!, 'fruit', 'extracted'), degradedAfterMs: 200 });
  await put();
  await both.drained();
  await nats.kill();
  await put();
  await until('the module is degraded', async () => ((await degraded()) ? true : undefined));
  await nats.restart();
  await both.drained();
  await until('it is degraded no more', async () => ((await degraded()) ? undefined : true));
  await same();
  stop();
  await Promise.all([here!.close(), there!.close()]);
  await nats.stop();
});

it('of two relays one leads; when it stops, the other one does', async () => {
  const relays = [both.relay(), both.relay()];
  const leaders = () => relays.filter((relay) => relay.status().leading);
  const first = await until('one leads', () => leaders()[0]);
  await put();
  await both.drained();
  expect(leaders()).toEqual([first]);
  await first.stop();
  await put();
  await both.drained();
  expect(leaders()).toHaveLength(1);
  expect(leaders()).not.toContain(first);
  await same();
});

it('a batch that takes the other side too long is sent in smaller parts', async () => {
  await both.monolith.database.query(
    `insert into fruit.basket select i, 'anna', 'x', 1 from generate_series(100000, 100999) i`,
  );
  both.relay({
    send: async (frame) => {
      if (frame.length > 20_000) throw new Error('timeout');
      return both.extracted.receiver.apply(frame);
    },
  });
  await both.drained();
  await same();
});
