import { calls, contracts, users } from '#contracts';
import { natsAuthorization } from '#platform';
import { natsPermissions, Subjects } from 'nestjs-strangler';
import { followRoutes, publishRoutes } from '#strangler/nats/route-sync';
import { NatsCalls } from '#strangler/calls/remote/client';
import { NatsLink } from '#strangler/nats/link';
import { Routes } from '#strangler/routes/routes';
import { Logger } from '@nestjs/common';
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '#strangler/contract/operation';
import { serveReplication } from '#strangler/sides/transport';
import { natsFindings } from '#strangler/control/doctor/nats-findings';
import { remoteSide, serveSide } from '#strangler/sides/remote';
import type { SideControl } from '#strangler/sides/side';
import { startNats, type TestNats } from '../../support/nats.js';
import { untilUp } from '../../support/rpc.js';
import { until } from '../../support/until.js';

/*
 * Whoever has the NATS password of one service says what only others may say, or hears what is not meant for it: an account
 * becomes an admin's, a password hash is handed out, rows are replaced, calls are taken from the queue group of another. Every
 * service tries every subject of the shop on a real server.
 */
const services = contracts.map(({ name }) => name);
const subjects = new Subjects();
const inboxes = ['monolith', ...services].map((who) => `${subjects.inboxOf(who)}.answer`);

/** All that anybody says, and what resembles it. */
const everything = [
  ...contracts.flatMap(({ name: module, operations }) =>
    (['monolith', 'extracted'] as const).flatMap((side) =>
      ['any', randomUUID()].flatMap((database) => {
        const to = { module, side, database };
        const asked = Object.keys(operations).map((operation) => subjects.rpc(to, operation));
        return [...asked, subjects.control(to), subjects.replicate(to), subjects.pieces(to, 'batch')];
      }),
    ),
  ),
  ...[subjects.routesGet('m'), subjects.routesChanged('m'), 'fair.routes.get.m', 'fair.routes.changed.m'],
  ...[...services, 'gateway'].flatMap((name) => [
    subjects.routeOf(name, 'm'),
    subjects.keysOffered(name, 'm'),
    subjects.keysTold(name, 'm'),
    subjects.callsReported(name, { shop: 'm', database: 'd' }),
  ]),
  ...['$SRV.PING', ...services.map((name) => `$SRV.PING.${name}`), ...inboxes],
  ...['_INBOX.answer', 'rpc.users.importUser.monolith', 'shop', 'anything'],
  ...services.map((name) => `fair.rpc.${name}.extracted.any.look`),
];

/** What orders calls, and nobody else calls anything. */
const called =
  /^shop\.rpc\.(users\..*\.getUser|inventory\..*\.(reserve|release|commit)|payments\..*\.(charge|refund))$/;

/** What payments tells the monolith of a call to the provider, when the key has moved there meanwhile. */
const cameOfCalls = /^shop\.rpc\.payments\.monolith\.[^.]+\.(settleCharge|settleRefund|refund)$/;

/** What notifications tell of a mail to whoever owns its key. */
const cameOfMails = /^shop\.rpc\.notifications\..*\.noted$/;

/** Who has told something calls those who wait for it. */
const hearing: Readonly<Record<string, RegExp>> = {
  users:
    /^shop\.rpc\.(orders\..*\.(emailChanged|erased)|notifications\..*\.(registered|emailChanged|erased))$/,
  orders: /^shop\.rpc\.(orders\..*\.(placed|cancelled)|notifications\..*\.(confirmed|cancelled))$/,
};

const maySay = (service: string) => (subject: string) =>
  ['shop.routes.get.m', `shop.keys.offer.${service}.m`, `shop.keys.told.${service}.m`].includes(subject) ||
  subject.startsWith('shop.routes.of.') ||
  subject.startsWith(`shop.replicate.${service}.monolith.`) ||
  (service === 'orders' && called.test(subject)) ||
  (service === 'payments' && cameOfCalls.test(subject)) ||
  (service === 'notifications' && cameOfMails.test(subject)) ||
  hearing[service]?.test(subject) === true;

const mayHear = (service: string) => (subject: string) =>
  ['shop.routes.changed.m', `shop.routes.of.${service}.m`].includes(subject) ||
  ['$SRV.PING', `$SRV.PING.${service}`].includes(subject) ||
  subject.startsWith('shop.keys.told.') ||
  new RegExp(`^shop\\.(rpc|control|replicate)\\.${service}\\.extracted\\.`).test(subject) ||
  subject.startsWith(`_INBOX_shop.${service}.`);

let folder: string;
let nats: TestNats;
let all: NatsConnection;
let opened: NatsConnection[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nats-'));
  const logins = natsPermissions(subjects, contracts, calls).map((may) => ({
    name: may.name,
    password: may.name,
    may,
  }));
  const config = join(folder, 'nats.conf');
  await writeFile(config, natsAuthorization([{ name: 'all', password: 'all' }, ...logins]));
  nats = await startNats('-c', config);
  all = await as('all');
});
afterEach(async () => {
  for (const connection of opened.splice(1)) await connection.close();
});
afterAll(async () => {
  await all.close();
  await nats.stop();
  await rm(folder, { recursive: true });
});

async function as(user: string): Promise<NatsConnection> {
  const inboxPrefix = user === 'all' ? '_INBOX' : `_INBOX_${user}`;
  const connection = await connect({ servers: nats.url, user, pass: user, reconnect: false, inboxPrefix });
  opened = [...opened, connection];
  return connection;
}

/** Everything is published by one; what the other hears of it. */
async function heardOf(
  from: NatsConnection,
  listener: NatsConnection,
  patterns: readonly string[],
  queue?: string,
): Promise<string[]> {
  const heard = new Set<string>();
  const subscriptions = patterns.map((pattern) =>
    listener.subscribe(pattern, {
      ...(queue && { queue }),
      callback: (error, message) => {
        if (!error) heard.add(message.subject);
      },
    }),
  );
  await listener.flush();
  for (const subject of everything) from.publish(subject, 'x');
  await from.flush();
  await listener.flush();
  for (const subscription of subscriptions) subscription.unsubscribe();
  await listener.flush();
  return [...heard];
}

it('all is heard where everything may be said and heard', async () => {
  expect(await heardOf(all, await as('all'), ['>'])).toEqual(everything);
});

describe.each(services)('the service of %s', (service) => {
  it('says what its contract calls, what it has to send, and nothing else', async () => {
    const heard = await heardOf(await as(`shop.${service}`), all, ['>']);
    expect(heard).toEqual(everything.filter(maySay(service)));
  });

  it('hears what is meant for it, and nothing else', async () => {
    const heard = await heardOf(all, await as(`shop.${service}`), everything);
    expect(heard).toEqual(everything.filter(mayHear(service)));
  });

  it.each([undefined, 'extracted', 'monolith'])(
    'hears nothing by patterns, in the queue group %s',
    async (queue) => {
      const patterns = ['>', '*', '*.>', 'shop.>', 'shop.*.>', 'shop.rpc.>', '*.*.*.*.*', '*.*.*.*.*.*'];
      patterns.push(
        'shop.rpc.*.extracted.>',
        '_INBOX.>',
        '_INBOX_shop.>',
        '_INBOX_shop.*.*',
        '$SRV.>',
        '$SRV.PING.*',
      );
      expect(await heardOf(all, await as(`shop.${service}`), patterns, queue)).toEqual([]);
    },
  );

  it('answers whoever has called it, once, and else nobody', async () => {
    const [here, monolith] = [await as(`shop.${service}`), await as('shop.monolith')];
    const replies: string[] = [];
    const inbox = `${subjects.inboxOf('monolith')}.call`;
    monolith.subscribe(inbox, { callback: (_error, message) => void replies.push(message.string()) });
    await monolith.flush();
    const asked: Msg[] = [];
    const to = { module: service, side: 'extracted', database: 'any' } as const;
    here.subscribe(subjects.control(to), { callback: (_error, message) => void asked.push(message) });
    await here.flush();
    here.publish(inbox, 'unasked');
    await here.flush();
    monolith.publish(subjects.control(to), 'state', { reply: inbox });
    const call = await until('the call has come', () => asked[0]);
    for (const answer of ['first', 'second']) call.respond(answer);
    await here.flush();
    await monolith.flush();
    expect(replies).toEqual(['first']);
  });
});

it('the monolith says and hears all that is the shop’s, and nothing of another', async () => {
  const ofShop = everything.filter((subject) => subject.startsWith('shop.'));
  expect(await heardOf(await as('shop.monolith'), all, ['>'])).toEqual(ofShop);
  const own = ofShop.concat(everything.filter((subject) => /^(\$SRV|_INBOX_shop\.monolith)\./.test(subject)));
  expect(await heardOf(all, await as('shop.monolith'), everything)).toEqual(own);
});

it('who may not say what he says is told in his log', async () => {
  const warned: string[] = [];
  Logger.overrideLogger({
    log: () => undefined,
    error: () => undefined,
    warn: (text) => warned.push(String(text)),
  });
  const [user, pass] = ['shop.orders', 'shop.orders'];
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url, user, pass }), { user: 'orders' });
  link.start();
  (await untilUp(link)).publish('shop.rpc.users.monolith.any.importUser');
  await until('it is told', () => warned.find((text) => text.includes('importUser')));
  await link.close();
});

it('who uses a namespace that his user may not use keeps his connection, and is told once, whatever he listens to', async () => {
  const told: string[] = [];
  const line = (text: unknown) => void told.push(typeof text === 'string' ? text : JSON.stringify(text));
  Logger.overrideLogger({ log: line, error: line, warn: line });
  const [user, pass] = ['shop.monolith', 'shop.monolith'];
  const how = { user: 'monolith', subjects: new Subjects('fair') };
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url, user, pass }), how);
  const made: NatsConnection[] = [];
  link.onConnection((connection) => made.push(connection));
  const routes = new Routes();
  routes.join({ database: 'm', shop: 'm', since: null, modules: ['users'] });
  const nothing = () => Promise.reject(new Error('not to be asked'));
  const place = { module: 'users', side: 'monolith', database: 'm' } as const;
  publishRoutes(link, routes);
  const stops = [
    followRoutes(link, routes, services),
    serveReplication(link, place, { apply: nothing, answer: nothing }),
    serveSide(link, place, {} as SideControl, nothing),
  ];
  const caller = new NatsCalls(link, routes);
  try {
    link.start();
    await until('it is told', () => (link.barred ? true : undefined));
    expect(link.trouble).toMatch(
      /^the user shop\.monolith of NATS may not use the namespace fair \(NAMESPACE=fair strangler nats-config/,
    );
    await made[0]!.flush();
    expect(link.current).toBeUndefined();
    const [finding] = await natsFindings(link)();
    expect(finding).toMatchObject({ problem: expect.stringContaining('may not use the namespace fair') });
    const getUser = prepare(users).get('getUser')!;
    await expect(caller.call(getUser, 'monolith', { id: randomUUID() }, {})).rejects.toThrow(
      /nobody serves users/,
    );
    expect(told.filter((text) => /TypeError|reader closed|lost/.test(text))).toEqual([]);
    expect(told.filter((text) => text.includes('may not use the namespace'))).toHaveLength(1);
  } finally {
    for (const stop of stops) stop();
    await link.close();
  }
});

it('an answer that is larger than a message comes in pieces, within what each may say', async () => {
  const links = ['payments', 'monolith'].map(
    (user) =>
      new NatsLink(() => Promise.resolve({ servers: nats.url, user: `shop.${user}`, pass: `shop.${user}` }), {
        user,
      }),
  );
  const [service, monolith] = links as [NatsLink, NatsLink];
  const own = (database: string, peer: string) => () => Promise.resolve({ database, peer, peerSince: null });
  const text = 'x'.repeat(3_000_000);
  const control = { check: () => Promise.resolve([text]) } as Partial<SideControl> as SideControl;
  const place = { module: 'payments', side: 'extracted', database: 'e' } as const;
  const stop = serveSide(service, place, control, own('e', 'm'));
  service.start();
  await (await untilUp(service)).flush();
  const [answer] = await remoteSide(monolith, 'payments', 'extracted', own('m', 'e')).check();
  expect(answer === text).toBe(true);
  stop();
  for (const link of links) await link.close();
});
