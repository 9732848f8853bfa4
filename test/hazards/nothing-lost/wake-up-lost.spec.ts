import { RelaySession } from '#strangler/engine/replication/relay-session';
import { replicas, type Replicas } from '../../support/replication.js';
import { until } from '../../support/until.js';

/*
 * The relay goes to sleep at the moment at which a writer commits. Its heartbeat is hours away here: a lost wake-up would
 * leave the change in the outbox.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterEach(() => both.reset());
afterAll(() => both.close());

const never = 10_000_000;

it('after every burst of concurrent writers the outbox is empty', async () => {
  const relay = both.relay({ heartbeatMs: never, degradedAfterMs: never });
  let id = 0;
  for (let burst = 0; burst < 40; burst++) {
    const writers = Array.from({ length: 1 + (burst % 5) }, () =>
      both.monolith.database.query(`insert into fruit.basket values ($1, 'anna', 'x', 1)`, [++id]),
    );
    await Promise.all(writers);
    await both.drained();
  }
  expect(await both.extracted.rows('basket')).toHaveLength(id);
  // Whoever oversleeps loses its session, and comes back in another term.
  expect(relay.status().term).toBe(1);
});

it('a writer that stays inside for long is seen when it commits, without a notification', async () => {
  both.relay({ heartbeatMs: never, degradedAfterMs: never });
  await both.monolith.database.transaction(async (q) => {
    await q.query(`insert into fruit.basket values (1, 'anna', 'slow', 1)`);
    await both.monolith.database.query(`insert into fruit.basket values (2, 'anna', 'fast', 1)`);
    await until('the other one is stored', async () =>
      (await both.extracted.rows('basket')).length === 1 ? true : undefined,
    );
  });
  await both.drained();
  expect(await both.extracted.rows('basket')).toHaveLength(2);
});

it('ids that become visible out of order are all sent', async () => {
  both.relay({ heartbeatMs: never, degradedAfterMs: never });
  await both.monolith.database.transaction(async (q) => {
    await q.query(`insert into fruit.basket values (1, 'anna', 'lower id, later commit', 1)`);
    for (let id = 2; id < 20; id++) {
      await both.monolith.database.query(`insert into fruit.basket values ($1, 'anna', 'x', 1)`, [id]);
    }
    await until('the others are stored', async () =>
      (await both.extracted.rows('basket')).length === 18 ? true : undefined,
    );
  });
  await both.drained();
  expect(await both.extracted.rows('basket')).toHaveLength(19);
});

it('a change between the last look and the sleep is seen: it looks once more', async () => {
  const session = await RelaySession.open(both.monolith.database, 'fruit');
  await both.monolith.database.query(`insert into fruit.basket values (1, 'anna', 'x', 1)`);
  await session.sleep(never);
  session.close();
});
