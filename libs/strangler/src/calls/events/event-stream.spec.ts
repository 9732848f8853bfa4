import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ClicksAndTally,
  clicks,
  clicksDatabase,
  listener,
  tally,
} from '../../../../../test/support/clicks.js';
import { startNats, type TestNats } from '../../../../../test/support/nats.js';
import type { TestDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { StranglerModule } from '../../nest/strangler.module.js';
import { Agents } from '../../sides/agents.js';
import { Router } from '../router.js';

/* Outsiders are told of events by JetStream, which may be away, and whose store may be wiped. */

let database: TestDatabase;
let folder: string;
let nats: TestNats;
let app: INestApplicationContext;

const eventStream = { name: 'EVENTS', maxBytes: 2 ** 24, readers: { outsider: 'clicks.clicked' } };

@Module({})
class App {}

async function start(): Promise<INestApplicationContext> {
  const root = StranglerModule.forRoot({
    ...{ side: 'monolith', contracts: [clicks, tally], database: database.url },
    nats: { connection: nats.url, eventStream },
    config: join(folder, 'strangler.yaml'),
  });
  const module = { module: App, imports: [root, ClicksAndTally] };
  return NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  folder = await mkdtemp(join(tmpdir(), 'events-'));
  [database, nats] = await Promise.all([clicksDatabase('monolith'), startNats('-js', '-sd', storeAt('a'))]);
  app = await start();
});
afterEach(() => void (listener.before = () => undefined));
afterAll(async () => {
  await app.close();
  await Promise.all([database.drop(), nats.stop()]);
  await rm(folder, { recursive: true });
});

const storeAt = (name: string) => join(folder, name);
const click = (name: string) => app.get(Router).port(clicks).click({ name });
const heard = async (name: string) => (await app.get(Router).port(tally).heard({ name })).n;
const lags = async () =>
  Object.fromEntries(
    (await app.get(Agents).of('clicks')!.eventLags()).map(({ subscriber, waiting }) => [subscriber, waiting]),
  );
const untilHeard = (name: string, n: number) =>
  until(`${n} of ${name} are heard`, async () => ((await heard(name)) === n ? true : undefined));
const untilNothingWaits = () =>
  until('JetStream has all', async () => ((await lags())['jetstream'] === 0 ? true : undefined));

interface Told {
  id: string;
  subject: string;
  data: { name: string; n: number };
}

async function asked<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: nats.url });
  return work(connection).finally(() => connection.close());
}

/** All that is in the stream, in its order. */
const stored = () =>
  asked(async (connection) => {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info('EVENTS');
    const found: Told[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++)
      found.push((await manager.streams.getMessage('EVENTS', { seq }))!.json<Told>());
    return found;
  });

/** The numbers of a key, as who leaves out what it knows sees them. */
const numbersOf = (key: string, told: readonly Told[]) => {
  const known = new Set<string>();
  return told
    .filter(({ id, subject }) => subject === key && !known.has(id) && known.add(id))
    .map(({ data }) => data.n);
};
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

it('an event comes as a CloudEvent, under its own id', async () => {
  await click('a');
  await untilNothingWaits();
  const [message, subject] = await asked(async (connection) => {
    const manager = await jetstreamManager(connection);
    const found = (await manager.streams.getMessage('EVENTS', { seq: 1 }))!;
    expect(found.header.get('Nats-Msg-Id')).toBe(found.json<Told>().id);
    return [found.json<Told>(), found.subject];
  });
  const [event] = await database.query<{ id: string; at: string }>('select id, at::text from clicks.event');
  expect(subject).toBe('shop.events.clicks.clicked');
  expect(message).toEqual({
    ...{ specversion: '1.0', id: event!.id, type: 'clicks.clicked', source: '/shop/clicks', subject: 'a' },
    time: new Date(event!.at).toISOString(),
    datacontenttype: 'application/json',
    dataschema: 'urn:strangler:shop#/components/messages/clicks.clicked/payload/properties/data',
    data: { name: 'a', n: 1 },
  });
});

it('those of a key keep their order', async () => {
  const names = ['b', 'c', 'd'];
  await Promise.all(
    names.map(async (name) => {
      for (let i = 0; i < 10; i++) await click(name);
    }),
  );
  await untilNothingWaits();
  const told = await stored();
  for (const name of names) expect(numbersOf(name, told)).toEqual(upTo(10));
});

it('a store that was wiped is filled again, in order, with its readers', async () => {
  await nats.kill();
  await click('b');
  await nats.restart('-js', '-sd', storeAt('b'));
  await click('b');
  const told = await until('all are there again', async () => {
    const found = await stored().catch(() => []);
    return new Set(found.map(({ id }) => id)).size === 33 ? found : undefined;
  });
  expect(numbersOf('a', told)).toEqual([1]);
  expect(numbersOf('b', told)).toEqual(upTo(12));
  expect(numbersOf('c', told)).toEqual(upTo(10));
  await untilNothingWaits();
  const reader = await asked(async (connection) =>
    (await jetstreamManager(connection)).consumers.info('EVENTS', 'outsider'),
  );
  expect(reader.config.filter_subject).toBe('shop.events.clicks.clicked');
});

it('while JetStream is off modules are told, and what waits is seen; then it catches up', async () => {
  await nats.kill();
  await nats.restart();
  for (let i = 0; i < 5; i++) await click('e');
  await untilHeard('e', 5);
  await until('that is written down', async () => ((await lags())['tally'] === 0 ? true : undefined));
  expect(await lags()).toEqual({ tally: 0, jetstream: 5 });
  expect(
    await database.query(
      `select tries, due_at is null as never from clicks.event_cursor where subscriber = 'jetstream' and routing_key = 'e'`,
    ),
  ).toEqual([{ tries: 0, never: false }]);
  await nats.kill();
  await nats.restart('-js', '-sd', storeAt('b'));
  await untilNothingWaits();
  const told = await stored();
  expect(numbersOf('e', told)).toEqual(upTo(5));
  // The store had all others, so these came once.
  expect(told).toHaveLength(38);
});

it('a stream that somebody deletes is made and filled again', async () => {
  await asked(async (connection) => (await jetstreamManager(connection)).streams.delete('EVENTS'));
  await click('a');
  await until('all are there again', async () =>
    (await stored().catch(() => [])).length >= 39 ? true : undefined,
  );
  expect(numbersOf('a', await stored())).toEqual([1, 2]);
});

it('who dies between the commit and the message leaves it to the next one', async () => {
  await nats.kill();
  await click('f');
  await app.close();
  await nats.restart('-js', '-sd', storeAt('b'));
  app = await start();
  await untilNothingWaits();
  expect(numbersOf('f', await stored())).toEqual([1]);
});

it('what a stream has twice has one id', async () => {
  await database.query(
    `update clicks.event_cursor set seq = 0, due_at = clock_timestamp() where routing_key = 'b'`,
  );
  const before = (await stored()).length;
  await untilNothingWaits();
  expect(await stored()).toHaveLength(before);
});

it('an event that is too large for NATS holds its key alone', async () => {
  await database.query(`alter table clicks.event disable trigger all`);
  listener.before = () => Promise.reject(new Error('not now'));
  await nats.kill();
  await click('g');
  await database.query(
    `update clicks.event set data = json_build_object('name', repeat('g', 1100000)) where routing_key = 'g'`,
  );
  await nats.restart('-js', '-sd', storeAt('b'));
  const [failed] = await until('it has failed', async () => {
    const found = await app
      .get(Agents)
      .of('clicks')!
      .events({ state: 'failed', subscriber: 'jetstream', limit: 5 });
    return found.length > 0 ? found : undefined;
  });
  expect(failed).toMatchObject({ key: 'g', error: 'event 1 is larger than NATS takes (max_payload)' });
  await click('h');
  await until('others come', async () => (numbersOf('h', await stored()).length === 1 ? true : undefined));
});
