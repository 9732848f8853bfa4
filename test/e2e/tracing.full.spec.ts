import { startNats, type TestNats } from '../support/nats.js';
import { openReceiver, type OtlpReceiver } from '../support/otlp-receiver.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, type Program } from '../support/programs.js';
import {
  Client,
  makeSetup,
  openService,
  openShop,
  readyGateway,
  type OpenShop,
  type ShopSetup,
} from '../support/shop.js';
import { until } from '../support/until.js';

/* A gateway, a monolith and a service: what one request has done in all three is found by its trace id alone. */
let nats: TestNats;
let own: TestDatabase;
let receiver: OtlpReceiver;
let setup: ShopSetup;
let gateway: OpenShop;
let shop: OpenShop;
let service: Program;

const client = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const headers = { traceparent: `00-${client.traceId}-${client.spanId}-01`, tracestate: 'vendor=1' };

beforeAll(async () => {
  [nats, own, receiver] = await Promise.all([startNats(), freshDatabase(), openReceiver()]);
  const made = await makeSetup(nats.url);
  const OTEL = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    LOG_LEVEL: 'info',
  };
  setup = { ...made, env: { ...made.env, ...OTEL } };
  shop = await openShop(setup);
  await (await Client.admin(shop.url)).stock('T-1', 5);
  await setup.extract(['inventory']);
  service = await openService({ ...setup, env: { ...setup.env, OTEL_SERVICE_NAME: 'stock' } }, 'inventory');
  await setup.arrived();
  gateway = await readyGateway(setup, own.url);
}, 90_000);
afterAll(async () => {
  endAllPrograms();
  await Promise.all([nats.stop(), receiver.close()]);
  await Promise.all([setup.drop(), own.drop()]);
});

it('an order is followed from the gateway to the service, by spans and by lines of the log', async () => {
  const customer = await Client.register(gateway.url);
  const order = { items: [{ sku: 'T-1', quantity: 2 }], payment: { token: 'tok_ok' } };
  const placed = await customer.send<{ status: string }>('POST', '/api/v1/orders', order, {
    ...headers,
    'idempotency-key': 'traced',
  });
  expect([placed.status, placed.body.status]).toEqual([201, 'confirmed']);
  const spans = await until('all spans have come', () => {
    const found = receiver.trace(client.traceId);
    const names = new Set(found.map(({ service, name }) => `${service}: ${name}`));
    return [
      'gateway: POST /api/v1/orders',
      'gateway: ask orders.place',
      'monolith: serve orders.place',
      'monolith: execute orders.place',
      'monolith: ask inventory.reserve',
      'stock: serve inventory.reserve',
      'stock: execute inventory.reserve',
    ].every((name) => names.has(name))
      ? found
      : undefined;
  });
  // Each hangs on another one, and the first on that of the client.
  const known = new Set([client.spanId, ...spans.map(({ spanId }) => spanId)]);
  expect(spans.filter(({ parentSpanId }) => !known.has(parentSpanId ?? ''))).toEqual([]);
  const first = spans.find(({ parentSpanId }) => parentSpanId === client.spanId);
  expect(first).toMatchObject({
    name: 'POST /api/v1/orders',
    attributes: { 'http.route': '/api/v1/orders', 'http.response.status_code': 201 },
  });
  for (const program of [gateway, shop, service]) {
    const lines = linesOf(program).filter(({ traceId }) => traceId === client.traceId);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter(({ spanId }) => !known.has(spanId!))).toEqual([]);
  }
  // Nothing that the customer has sent.
  expect(receiver.text()).not.toContain('tok_ok');
});

it('what the shop refuses is no fault of a span, and a plain read has one too', async () => {
  const read = { traceparent: headers.traceparent.replace(client.traceId, 'a'.repeat(32)) };
  const answer = await fetch(`${gateway.url}/api/v1/products/none`, { headers: read });
  expect(answer.status).toBe(404);
  const spans = await until('its spans have come', () => {
    const found = receiver.trace('a'.repeat(32));
    return found.some(({ name }) => name === 'GET /api/v1/products/:sku') &&
      found.some(({ service }) => service === 'stock')
      ? found
      : undefined;
  });
  expect(spans.map(({ status }) => status.code ?? 0)).not.toContain(2);
  expect(spans.find(({ name }) => name === 'execute inventory.getProduct')?.attributes).toMatchObject({
    'error.type': 'not_found',
  });
});

interface Line {
  traceId?: string;
  spanId?: string;
}

const linesOf = (program: Program): Line[] =>
  program
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
