import { KeyStore } from '#strangler/nats/callers/key-store';
import { NatsLink } from '#strangler/nats/link';
import { offerKey, tellKeys } from '#strangler/nats/callers/key-exchange';
import { routeOf, Routes } from '#strangler/routes/routes';
import type { Member } from '#strangler/routes/member';
import { connect } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { CallerKeys } from '#strangler/nats/callers/caller-keys';
import { newPrivateKey } from '#strangler/nats/callers/caller-token';
import { Database, type Queryable } from '#strangler/database/database';
import { startNats, type TestNats } from '../../support/nats.js';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import { untilUp } from '../../support/rpc.js';
import { until } from '../../support/until.js';

/*
 * A program that was taken over says keys of its own, thousands a second: the monolith has a bounded amount of work with them, and
 * hears the others meanwhile.
 */
const shop = randomUUID();
const member: Member = { shop, database: shop, since: null, modules: [] };
const stops: (() => unknown)[] = [];
let nats: TestNats;
let databases: TestDatabase[];
let written = 0;

const counting = (database: Queryable): Queryable => ({
  query: (sql, params) => {
    if (sql.includes('insert into strangler.caller_key')) written++;
    return database.query(sql, params);
  },
});

async function program(database: TestDatabase, joined: Member) {
  const own = new Database(database.url, { max: 2 });
  stops.push(() => own.close());
  const routes = new Routes();
  routes.replace({ stock: routeOf('extracted'), desk: routeOf('extracted') });
  routes.join(joined);
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  link.start();
  stops.push(() => link.close());
  await untilUp(link);
  return { routes, link, database: own };
}

beforeAll(async () => {
  [nats, ...databases] = await Promise.all([startNats(), freshDatabase(), freshDatabase()]);
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await nats.stop();
  await Promise.all(databases.map((each) => each.drop()));
});

let monolith: Awaited<ReturnType<typeof program>>;

it('the clock of its host may be off: copies of the monolith have that of their database', async () => {
  monolith = await program(databases[0]!, member);
  monolith.link.keys.setTime(Date.now() + 600_000);
  stops.push(await tellKeys(monolith.link, monolith.routes, new KeyStore(counting(monolith.database))));
  expect(Math.abs(monolith.link.keys.now() - Date.now())).toBeLessThan(60_000);
});

it('5,000 keys of one program are stored a few at a time, and another one is heard beside them', async () => {
  const eve = await connect({ servers: nats.url });
  const keyOf = () => new CallerKeys().hold({ kid: randomUUID(), privateKey: newPrivateKey() }, 'desk');
  const { key } = keyOf();
  const subject = monolith.link.subjects.keysOffered('desk', shop);
  for (let at = 0; at < 5_000; at++)
    eve.publish(
      subject,
      JSON.stringify({ kid: at % 100 ? randomUUID() : '\u0000', database: 'd', key, allSign: true }),
    );
  const stock = await program(databases[1]!, { ...member, database: randomUUID(), modules: ['stock'] });
  stops.push(await offerKey(stock.link, stock.routes, new KeyStore(stock.database), 'stock'));
  await until('stock is heard', () => Promise.resolve(stock.link.keys.areHeard || undefined));
  await eve.flush();
  await eve.close();
  expect(written).toBeLessThan(500);
  const kept = await databases[0]!.query('select from strangler.caller_key');
  expect(kept.length).toBeLessThan(100);
});

it('a key that was replaced, because somebody else may have it, counts no more once nobody of its program says it', async () => {
  const database = databases[1]!;
  const store = new KeyStore(database);
  const { key } = new CallerKeys().hold({ kid: 'new', privateKey: newPrivateKey() }, 'desk');
  const of = (kid: string, at: string) => ({ kid, program: 'desk', database: at, key, allSign: true });
  const saidLongAgo = () =>
    database.query(`update strangler.caller_key set seen_at = now() - interval '1 hour'`);
  await store.replace([of('stolen', 'd'), of('of another copy', 'e')]);
  await saidLongAgo();
  await store.add([of('stolen', 'd')]);
  await store.add([of('new', 'd')]);
  expect((await store.all()).map(({ kid }) => kid)).toEqual(['new', 'of another copy', 'stolen']);
  await saidLongAgo();
  await store.add([of('new', 'd')]);
  expect((await store.all()).map(({ kid }) => kid)).toEqual(['new', 'of another copy']);
});
