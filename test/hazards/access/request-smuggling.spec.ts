import { createServer, type IncomingMessage } from 'node:http';
import { closing, listening } from '../../support/http-server.js';
import { sendRaw } from '../../support/raw.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import { endAllPrograms } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  openBareGateway,
  openGateway,
  openShop,
  type ShopSetup,
} from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * A request that an entry reads as one, and somebody else as another or as two: the application behind a gateway, or a proxy in front. Each is
 * sent as bytes to real processes, with a request after it on the same connection; the application writes down what arrives.
 */
const checked = '/checked';
const arrived: string[] = [];
const legacy = createServer((request: IncomingMessage, response) => {
  if (request.url === checked) return void response.end();
  let body = '';
  request.setEncoding('latin1').on('data', (text: string) => (body += text));
  request.on('end', () => {
    arrived.push(`${request.method} ${request.url}${body && ` ${body}`}`);
    response.end('legacy');
  });
});
const entries = [
  'a gateway with an application behind it',
  'a gateway without a shop',
  'a gateway',
  'a monolith',
] as const;
let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase[];
const ports = {} as Record<(typeof entries)[number], number>;
/** Of the gateway with the application behind it. */
let port: number;

beforeAll(async () => {
  [nats, ...own] = await Promise.all([startNats(), freshDatabase(), freshDatabase()]);
  setup = await makeSetup(nats.url);
  const behind = { LEGACY_URL: `http://127.0.0.1:${await listening(legacy)}`, LEGACY_CHECK: checked };
  const shop = await openShop(setup);
  const { DATA_DIR, STRANGLER_CONFIG } = setup.env;
  const [beside, alone] = own.map(({ url }) => url) as [string, string];
  const gateways = [
    openGateway(setup, beside, behind),
    openBareGateway(alone, { ...behind, DATA_DIR: DATA_DIR!, STRANGLER_CONFIG: STRANGLER_CONFIG! }),
    openGateway(setup, beside),
  ];
  const all = [...(await Promise.all(gateways)), shop];
  const found = all.map(({ url }) => Number(new URL(url).port));
  entries.forEach((entry, i) => (ports[entry] = found[i]!));
  port = ports['a gateway with an application behind it'];
  await (await Client.admin(shop.url)).stock('A1', 1);
  await Promise.all(
    all.map(({ adminUrl }) =>
      until('it is ready', async () => (await fetch(`${adminUrl}/health/ready`)).ok || undefined),
    ),
  );
});
beforeEach(() => {
  arrived.length = 0;
});
afterAll(async () => {
  endAllPrograms();
  await closing(legacy);
  await nats.stop();
  await Promise.all([setup.drop(), ...own.map((each) => each.drop())]);
});

const H = 'Host: shop.example\r\n';
const get = (target: string, headers = H) => `GET ${target} HTTP/1.1\r\n${headers}\r\n`;
const post = (headers: string, body = '') => `POST /old HTTP/1.1\r\n${H}${headers}\r\n${body}`;
const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const last = get('/last', `${H}Connection: close\r\n`);
const statuses = (text: string) =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

describe('what is whose', () => {
  it.each([
    ['/old', 'legacy'],
    ['/', 'legacy'],
    ['/old/a%20b?x=1', 'legacy'],
    ['/api/v1/reports', 'legacy'],
    ['/api/reports', 'legacy'],
    ['/apis', 'legacy'],
    ['/health/of-mine', 'legacy'],
    ['/api/v1/products/A1', 'the API'],
    ['/api/v1/products/A1/', 'the API'],
    ['/API/V1/Products/A1', 'the API'],
    ['/api/products/A1', 'the API'],
    ['/API/products/A1', 'the API'],
    ['/api/v1/%70roducts/A1', 'the API'],
    ['/api/v1/products;v=1/A1', 'the API'],
    ['/health/live', 'the API'],
    ['/docs', 'the API'],
    ['/docs/swagger-ui.css', 'the API'],
    ['/.well-known/jwks.json', 'the API'],
  ])('%s is for %s', async (path, whose) => {
    const text = await sendRaw(port, get(path, `${H}Connection: close\r\n`));
    expect(arrived).toEqual(whose === 'legacy' ? [`GET ${path}`] : []);
    expect(text.endsWith('legacy')).toBe(whose === 'legacy');
  });

  it('another method of a path of the API does not get to the application behind', async () => {
    const text = await sendRaw(port, `DELETE /api/v1/products HTTP/1.1\r\n${H}Connection: close\r\n\r\n`);
    expect([statuses(text), arrived]).toEqual([[405], []]);
  });

  it.each(['text/plain', 'application/json', 'application/x-www-form-urlencoded'])(
    'a body of %s arrives as it was sent',
    async (type) => {
      const body = '{"a": x=1&y';
      await sendRaw(
        port,
        post(`Content-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n`, body),
      );
      expect(arrived).toEqual([`POST /old ${body}`]);
    },
  );

  it('an answer of the application behind has its own headers, and not those of the API', async () => {
    const text = await sendRaw(port, get('/old', `${H}Connection: close\r\n`));
    expect(text).not.toMatch(/content-security-policy|cache-control|x-served-by/i);
    expect(text).toMatch(/x-request-id: /i);
  });
});

describe.each(entries)(
  'what could be read in two ways is refused by %s, and nothing of it arrives',
  (entry) => {
    it.each<[what: string, bytes: string]>([
      ['a dot segment', get('/old/../api/v1/products')],
      ['a dot segment at the end', get('/old/..')],
      ['a single dot', get('/./old')],
      ['an encoded dot segment', get('/old/%2e%2e/admin')],
      ['a dot segment that is encoded twice, in parts', get('/old/%25%32e%25%32e%25%32fadmin')],
      ['a parameter of the API that is no UTF-8', get('/api/v1/products/%FF')],
      ['a parameter of the API that is half an escape', get('/api/v1/users/%')],
      ['a half encoded dot segment', get('/old/.%2E/admin')],
      ['a dot segment with a parameter', get('/old/..;x=1/admin')],
      ['a dot segment with an encoded parameter', get('/old/%2e%2e;/admin')],
      ['an empty segment', get('//admin')],
      ['an empty segment within', get('/old//admin')],
      ['a segment that is a parameter', get('/old/;x/admin')],
      ['a backslash', get('/old\\..\\admin')],
      ['an encoded backslash', get('/old%5c..%5cadmin')],
      ['an encoded slash', get('/old%2fadmin')],
      ['what is encoded twice', get('/old/%252e%252e/admin')],
      ['an overlong dot', get('/old/%c0%ae%c0%ae/admin')],
      ['an overlong slash', get('/old%c0%afadmin')],
      ['an encoded NUL', get('/old%00.html')],
      ['an encoded line end', get('/old%0d%0aX: 1')],
      ['half an escape', get('/old%2')],
      ['bytes that are not ASCII', get('/old/\xe9')],
      ['a fragment', get('/old#/../admin')],
      ['the absolute form', get('http://shop.example/api/v1/products')],
      ['the absolute form of elsewhere', get('http://169.254.169.254/old')],
      ['a target without a slash', get('old')],
      ['a question mark only', get('?x')],
      ['an asterisk', `OPTIONS * HTTP/1.1\r\n${H}\r\n`],
      ['a user in the target', get('@other.example/old')],
      ['a space in the target', get('/old HTTP/1.1 /x')],
      ['both lengths', post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`)],
      [
        'both lengths, the other way',
        post('Transfer-Encoding: chunked\r\nContent-Length: 40\r\n', `0\r\n\r\n${smuggled}`),
      ],
      ['two lengths that differ', post('Content-Length: 0\r\nContent-Length: 39\r\n', smuggled)],
      ['two lengths that are the same', post('Content-Length: 2\r\nContent-Length: 2\r\n', 'hi')],
      ['a list of lengths', post('Content-Length: 2, 2\r\n', 'hi')],
      ['a signed length', post('Content-Length: +2\r\n', 'hi')],
      ['a hexadecimal length', post('Content-Length: 0x2\r\n', 'hi')],
      ['a negative length', post('Content-Length: -1\r\n', 'hi')],
      ['an empty length', post('Content-Length:\r\n', smuggled)],
      ['a space before the colon', post('Content-Length : 2\r\n', 'hi')],
      ['a coding that is not chunked', post('Transfer-Encoding: gzip\r\n', smuggled)],
      [
        'chunked, and then another one',
        post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${smuggled}`),
      ],
      ['chunked within another one', post('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${smuggled}`)],
      [
        'chunked twice',
        post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`),
      ],
      ['a coding with a tab in it', post('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${smuggled}`)],
      ['a quoted coding', post('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${smuggled}`)],
      [
        'a coding in HTTP/1.0',
        `POST /old HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      ],
      ['a size of a chunk with a sign', post('Transfer-Encoding: chunked\r\n', `+2\r\nhi\r\n0\r\n\r\n`)],
      ['a size of a chunk in 0x', post('Transfer-Encoding: chunked\r\n', `0x2\r\nhi\r\n0\r\n\r\n`)],
      [
        'a size of a chunk that overflows',
        post('Transfer-Encoding: chunked\r\n', `10000000000000002\r\nhi\r\n0\r\n\r\n`),
      ],
      ['a chunk that ends too late', post('Transfer-Encoding: chunked\r\n', `2\r\nhi!\r\n0\r\n\r\n`)],
      [
        'a length behind the body',
        post('Transfer-Encoding: chunked\r\n', `2\r\nhi\r\n0\r\nContent-Length: 9\r\n\r\n`),
      ],
      ['a chunk with a bare LF', post('Transfer-Encoding: chunked\r\n', `2\nhi\n0\n\n`)],
      ['a folded header', get('/old', `${H}X-A: 1\r\n Content-Length: 5\r\n`)],
      ['a folded length', post('Content-Length:\r\n 39\r\n', smuggled)],
      ['a bare LF', `GET /old HTTP/1.1\n${H}\n`],
      ['a bare LF after a header', `GET /old HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n`],
      ['a bare CR in a header', get('/old', `${H}X-A: 1\rContent-Length: 5\r\n`)],
      ['a NUL in a header', get('/old', `${H}X-A: 1\x002\r\n`)],
      ['a NUL in a name', get('/old', `${H}X\x00A: 1\r\n`)],
      ['a header without a name', get('/old', `${H}: 1\r\n`)],
      ['a line that is no header', get('/old', `${H}smuggled\r\n`)],
      ['a space before the first header', get('/old', ` X: 1\r\n${H}`)],
      ['two hosts', get('/old', `${H}Host: other.example\r\n`)],
      ['no host', get('/old', 'X: 1\r\n')],
      ['a host that is none', get('/old', 'Host: a/b@c\r\n')],
      ['two credentials', get('/old', `${H}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`)],
      ['too many headers', get('/old', H + 'X: 1\r\n'.repeat(150))],
      ['more headers than Node shows', get('/old', H + 'X: 1\r\n'.repeat(2_100) + 'Host: b\r\n')],
      ['headers that are too large', get('/old', `${H}X: ${'x'.repeat(20_000)}\r\n`)],
      ['a target that is too large', get(`/${'x'.repeat(20_000)}`)],
      ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['HTTP/0.9', 'GET /old\r\n\r\n'],
      ['an unknown version', `GET /old HTTP/1.9\r\n${H}\r\n`],
      [
        'an upgrade',
        get('/old', `${H}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n`),
      ],
      [
        'an upgrade to HTTP/2',
        get(
          '/old',
          `${H}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`,
        ),
      ],
      ['TRACE', `TRACE /old HTTP/1.1\r\n${H}\r\n`],
      ['CONNECT', `CONNECT other.example:443 HTTP/1.1\r\n${H}\r\n`],
      ['an unknown method', `SMUGGLE /old HTTP/1.1\r\n${H}\r\n`],
    ])('%s', async (_what, bytes) => {
      const text = await sendRaw(ports[entry], bytes + last);
      const [first, ...more] = statuses(text);
      // CONNECT is not even answered; the API looks at the type of a body before it reads it.
      if (first !== undefined) expect([400, 413, 415, 431, 501, 505]).toContain(first);
      // Where it ends is not sure: what comes after it is nobody's request.
      expect(more).toEqual([]);
      // What was on its way has arrived before this one.
      await sendRaw(ports[entry], last);
      expect(arrived.filter((line) => line !== 'GET /last')).toEqual([]);
    });
  },
);

it.each(entries)('an upgrade is refused by %s with 501, on paths of the API and on others', async (entry) => {
  const upgrade = `${H}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n`;
  for (const path of ['/old', '/api/v1/products', '/health/live'])
    expect([path, statuses(await sendRaw(ports[entry], get(path, upgrade)))]).toEqual([path, [501]]);
  expect(arrived).toEqual([]);
});

describe('what looks odd and has one reading', () => {
  it('two requests in one piece are two requests', async () => {
    await sendRaw(port, get('/one') + last);
    expect(arrived).toEqual(['GET /one', 'GET /last']);
  });

  it('a body that looks like a request is a body', async () => {
    await sendRaw(port, post(`Content-Length: ${smuggled.length}\r\n`, smuggled) + last);
    expect(arrived).toEqual([`POST /old ${smuggled}`, 'GET /last']);
  });

  it('a GET with a body is one request', async () => {
    await sendRaw(port, get('/old', `${H}Content-Length: ${smuggled.length}\r\n`) + smuggled + last);
    expect(arrived).toEqual([`GET /old ${smuggled}`, 'GET /last']);
  });

  it('the extension of a chunk ends here', async () => {
    await sendRaw(port, post('Transfer-Encoding: chunked\r\n', '2;a=b\r\nhi\r\n0\r\n\r\n') + last);
    expect(arrived).toEqual(['POST /old hi', 'GET /last']);
  });

  it('a trailer does not become a header', async () => {
    await sendRaw(
      port,
      post('Transfer-Encoding: chunked\r\n', '2\r\nhi\r\n0\r\nX-User-Id: 9\r\n\r\n') + last,
    );
    expect(arrived).toEqual(['POST /old hi', 'GET /last']);
  });
});
