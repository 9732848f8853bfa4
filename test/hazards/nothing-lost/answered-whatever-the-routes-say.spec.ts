import { routeOf, Routes } from '#strangler/routes/routes';
import { DataSource } from 'typeorm';
import { Agents } from '#strangler/sides/agents';
import { changesIn } from '#strangler/engine/replication/changes';
import { fruit, heldSend, replicas, type Replicas } from '../../support/replication.js';
import { written } from '../../support/written.js';
import { until } from '../../support/until.js';

/*
 * A service has just started and takes calls; it has not heard yet in which phase its module is. What it captures is sent to the
 * other side: answered at once, a write would be on one side only, and nothing would say so.
 */
let both: Replicas;
let routes: Routes;
let agents: Agents;

beforeAll(async () => {
  both = await replicas();
});
beforeEach(() => {
  routes = new Routes();
  agents = new Agents('monolith', undefined, routes);
  agents.add(fruit, new DataSource({ type: 'postgres', url: both.monolith.test.url }));
});
afterEach(async () => {
  await agents.stop();
  await both.reset();
});
afterAll(() => both.close());

/** Writes a row as a command does, and answers as one does. */
async function answered(): Promise<void> {
  const ids = await both.monolith.database.transaction(async (q) => {
    await q.query(`insert into fruit.basket values (1, 'anna')`);
    const [row] = await q.query<{ ids: string }>(`select current_setting('strangler.outbox') as ids`);
    return changesIn(row!.ids);
  });
  await agents.afterCommit('fruit', await written(both.monolith.database, ids));
}

/** A fail-over has to know that the write may be missing. */
const isDegraded = async () => (await both.monolith.outgoing.outgoing()).degradedSince !== null;

it('nothing is known: it waits until the other side has it, or the module is degraded', async () => {
  both.relay();
  await answered();
  expect((await both.extracted.rows('basket')).length === 1 || (await isDegraded())).toBe(true);
});

it('nobody relays: the module is degraded', async () => {
  await answered();
  expect(await isDegraded()).toBe(true);
});

/*
 * The service was away and has just come back, or it is the other one that is not confirmed: the routes say `degraded`, and the
 * outbox of this side is in order. Answered at once, the write is lost when this side now dies, and nothing would say so.
 */
it('the routes say that it is degraded: it waits all the same', async () => {
  routes.replace({ fruit: { ...routeOf('shifting'), degraded: true } });
  const way = heldSend(both.extracted.receiver);
  both.relay({ send: way.send, degradedAfterMs: 60_000 });
  const waiting = answered();
  const batch = await until('a batch waits', () => way.held.at(-1));
  expect(await Promise.race([waiting, Promise.resolve('it waits')])).toBe('it waits');
  way.hold = false;
  await batch.deliver();
  await waiting;
  expect((await both.extracted.rows('basket')).length === 1 || (await isDegraded())).toBe(true);
});

it('ack: owner is known: it does not wait', async () => {
  routes.replace({ fruit: { ...routeOf('shifting'), ack: 'owner' } });
  await answered();
  expect(await isDegraded()).toBe(false);
});
