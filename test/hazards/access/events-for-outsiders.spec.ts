import { natsAuthorization } from '#platform';
import { natsPermissions, Subjects } from 'nestjs-strangler';
import { OutsideStream } from '#strangler/nats/outside-stream';
import { NatsLink } from '#strangler/nats/link';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clicks, tally } from '../../support/clicks.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { until } from '../../support/until.js';

/* An outsider who reads events takes more than is for him, or says something; a service tells events of another module, or makes streams. */
const subjects = new Subjects();
const options = { name: 'EVENTS', readers: { mirror: 'clicks.clicked' } };

let folder: string;
let nats: TestNats;
let links: NatsLink[] = [];
let streams: OutsideStream[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  folder = await mkdtemp(join(tmpdir(), 'nats-'));
  const logins = natsPermissions(subjects, [clicks, tally], {}, {}, options).map((may) => ({
    ...{ name: may.name, password: may.name, may },
  }));
  const config = join(folder, 'nats.conf');
  const store = `jetstream { store_dir: ${JSON.stringify(join(folder, 'store'))} }`;
  await writeFile(config, `${store}\n${natsAuthorization(logins)}`);
  nats = await startNats('-c', config);
});
afterAll(async () => {
  await Promise.all(streams.map((stream) => stream.stop()));
  await Promise.all(links.map((link) => link.close()));
  await nats.stop();
  await rm(folder, { recursive: true });
});

const credentials = (user: string) => ({ user: `shop.${user}`, pass: `shop.${user}` });

/** The stream as that program has it. */
function streamOf(user: string): OutsideStream {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url, ...credentials(user) }), { user });
  const stream = new OutsideStream(link, options, user === 'monolith');
  links = [...links, link];
  streams = [...streams, stream];
  stream.start();
  return stream;
}

const opened = (stream: OutsideStream) => until('the stream is open', () => stream.open);
const event = (n: number, type = 'clicks.clicked') => ({
  id: `event-${n}`,
  type,
  payload: JSON.stringify({ n }),
});
const asReader = <T>(work: (connection: NatsConnection) => Promise<T>) =>
  connect({ servers: nats.url, ...credentials('mirror'), inboxPrefix: '_INBOX_shop.mirror' }).then(
    (connection) => work(connection).finally(() => connection.close()),
  );
/** It comes with the subject of its event. */
const next = (connection: NatsConnection) => {
  const how = { timeout: 5_000, noMux: true };
  const asked = JSON.stringify({ batch: 1, expires: 4e9 });
  return connection.request('$JS.API.CONSUMER.MSG.NEXT.EVENTS.mirror', asked, how);
};

it('a service waits for the stream, which the monolith makes; then it tells what its own module tells', async () => {
  const service = streamOf('clicks');
  await until('it has looked', () => service.trouble);
  expect(service.trouble).toBe('there is no stream EVENTS: the monolith makes it');
  await opened(streamOf('monolith'));
  const open = await opened(service);
  expect(await open.publish(event(1))).toBe('published');
  expect(await open.publish(event(2))).toBe('published');
  // What it may not say has no answer, and the stream is looked for again.
  expect(await open.publish(event(3, 'tally.counted'))).toBe('lost');
});

it('an outsider takes one event after the other, and the same one until he has said that he has it', async () => {
  await asReader(async (connection) => {
    const first = await next(connection);
    expect(first.json()).toEqual({ n: 1 });
    connection.publish(first.reply!, '-NAK');
    const again = await next(connection);
    expect(again.json()).toEqual({ n: 1 });
    await connection.request(again.reply!, '+ACK');
    expect((await next(connection)).json()).toEqual({ n: 2 });
  });
});

it('and may do nothing else', async () => {
  await asReader(async (connection) => {
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 500 });
    const asked = [
      () => manager.streams.info('EVENTS'),
      () => manager.streams.delete('EVENTS'),
      () => manager.streams.getMessage('EVENTS', { seq: 1 }),
      () => manager.consumers.add('EVENTS', { durable_name: 'another' }),
      () => manager.consumers.delete('EVENTS', 'mirror'),
      () => connection.request('shop.events.clicks.clicked', '{}', { timeout: 500 }),
      () => connection.request('$JS.API.CONSUMER.MSG.NEXT.EVENTS.other', '', { timeout: 500 }),
    ];
    for (const each of asked) await expect(each()).rejects.toThrow(/ermission|timeout|TIMEOUT/);
    const heard = connection.subscribe('shop.>');
    await expect(heard.closed).resolves.toMatchObject({
      message: expect.stringMatching(/ermission/) as string,
    });
  });
});
