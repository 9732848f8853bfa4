import { createServer } from 'node:http';
import { closing, listening } from '../support/http-server.js';
import { freePort } from '../support/ports.js';
import { Load } from '../hazards/support/load.js';
import { startBalancer, type Balancer } from '../support/balancer.js';
import { startNats, type TestNats } from '../support/nats.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms } from '../support/programs.js';
import { Client, makeSetup, readyGateway, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';
import { Unrepeated, type Sent } from './support/unrepeated.js';

/*
 * Two gateways behind a load balancer, while customers order, and others ask for what is passed on to an application. Each is replaced, one
 * after the other, as a release replaces them. What would go wrong: a request is cut off, or comes to one that does not listen any more.
 */
const skus = Array.from({ length: 8 }, (_, i) => `Z-${i}`);
const opening = 10_000;
/** The load balancer looks for a copy that is ready every quarter of a second. */
const drained = { DRAIN: '3s' };

let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase;
let ports: number[];
let gateways: OpenShop[];
let front: Balancer;
let load: Load | undefined;
let passedOn: Unrepeated | undefined;

/** How often the application has got each of what may not be sent twice. */
const arrived = new Map<string, number>();
/** Answers that wait: whenever a gateway is told to end it has some of them under way. */
const held: (() => unknown)[] = [];
const letting = setInterval(() => held.splice(0).forEach((end) => end()), 50);
const legacy = createServer((request, response) => {
  const { url = '', method } = request;
  request.resume().once('end', () => {
    if (method === 'POST') arrived.set(url, (arrived.get(url) ?? 0) + 1);
    held.push(() => response.writeHead(method === 'POST' ? 201 : 200).end(url));
  });
});
let LEGACY_URL: string;

/** Reads and writes in turn. */
const visitor =
  (name: number) =>
  async (n: number): Promise<Sent> => {
    const subject = `/notes/${name}-${n}`;
    const init = n % 2 === 0 ? {} : { method: 'POST', body: 'x'.repeat(20_000) };
    const answer = await fetch(front.url + subject, init).catch(() => undefined);
    const text = await answer?.text().catch(() => undefined);
    return { subject, status: text === subject ? answer!.status : 0, code: text };
  };

beforeAll(async () => {
  [nats, own] = await Promise.all([startNats(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  const shop = await openShop(setup);
  const admin = await Client.admin(shop.url);
  await Promise.all(skus.map((sku) => admin.stock(sku, opening)));
  LEGACY_URL = `http://127.0.0.1:${await listening(legacy)}`;
  ports = [await freePort(), await freePort()];
  gateways = await Promise.all(ports.map(open));
  front = await startBalancer(ports.map((port) => `http://localhost:${port}`));
}, 120_000);
afterAll(async () => {
  load?.abandon();
  await passedOn?.stop();
  clearInterval(letting);
  endAllPrograms();
  await front.close();
  await closing(legacy);
  await nats.stop();
  await Promise.all([setup.drop(), own.drop()]);
});

const open = (port: number): Promise<OpenShop> =>
  readyGateway(setup, own.url, { ...drained, PORT: String(port), LEGACY_URL });

it('nobody notices that they are replaced', async () => {
  load = await Load.start({ url: front.url, seed: 41, skus, clients: 5 });
  passedOn = new Unrepeated(Array.from({ length: 4 }, (_, name) => visitor(name)));
  await load.placed(20);
  for (const [i, port] of ports.entries()) {
    await gateways[i]!.end('SIGTERM');
    await Promise.all([load.placed(10), passedOn.answered(10)]);
    gateways[i] = await open(port);
    await Promise.all([load.placed(10), passedOn.answered(10)]);
  }
  await Promise.all([load.stop(), passedOn.stop()]);
  const errors = load.history.events.filter(({ status }) => status === 0 || status >= 500);
  expect(errors).toEqual([]);
  expect(load.contradictions).toEqual([]);
  expect(load.history.of('order', 'ok').length).toBeGreaterThan(60);
  expect(passedOn.bad).toEqual([]);
  const written = passedOn.good.filter(({ status }) => status === 201).map(({ subject }) => subject);
  expect(written.length).toBeGreaterThan(20);
  expect([...arrived].sort()).toEqual(written.map((subject) => [subject, 1]).sort());
}, 180_000);
