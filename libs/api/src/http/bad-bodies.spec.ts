import type { PlaceOrder } from '#contracts';
import fc from 'fast-check';
import type { AddressInfo, Server } from 'node:net';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { ann, bearer, edge, signingKey } from '../testing/edge.js';

/** No answer to a bad request may be larger, in bytes, headers included. */
const mostAnswered = 16_384;

const json = 'application/json';
const registration = (fields: string) =>
  Buffer.from(`{"email":"a@b.example","password":"long enough",${fields}}`);
const deep = (depth: number, key = '') => Buffer.from(`${`${key}[`.repeat(depth)}${']'.repeat(depth)}`);

describe('a body that is rubbish', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let authorization: string;
  const placed: PlaceOrder[] = [];

  beforeAll(async () => {
    const key = await signingKey();
    authorization = await bearer(key, ann, 'admin');
    const place = (input: PlaceOrder) => {
      placed.push(input);
      return Promise.reject(new Error('not wanted here'));
    };
    shop = await edge({ users: { jwks: async () => ({ keys: [key.jwk] }) }, orders: { place } });
    await shop.app.listen(0, '127.0.0.1');
  });
  afterAll(() => shop.app.close());

  /** The whole answer as it is on the wire. */
  async function post(path: string, body: Buffer, headers: Record<string, string> = {}) {
    const { port } = (shop.server as Server).address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const all = { host: 'shop', authorization, connection: 'close', 'content-type': json, ...headers };
    const head = Object.entries({ ...all, 'content-length': body.length }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write(`POST ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
    socket.write(body);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const problem = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4) || '{}') as Record<string, unknown>;
    return { status: Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]), bytes: text.length, problem };
  }

  it.each<[string, Buffer, Record<string, string>, number]>([
    ['lists in lists', Buffer.concat([Buffer.from('{"email":'), deep(4_000), Buffer.from('}')]), {}, 400],
    ['objects in objects', Buffer.from(`${'{"a":'.repeat(1_500)}1${'}'.repeat(1_500)}`), {}, 400],
    ['lists all the way down', deep(5_000), {}, 400],
    ['half a surrogate pair', registration('"name":"Ann \\ud83d"'), {}, 400],
    ['NUL', registration('"name":"Ann\\u0000"'), {}, 400],
    [
      'broken UTF-8',
      Buffer.from(`{"email":"a@b.example","password":"long enough","name":"\xff"}`, 'latin1'),
      {},
      400,
    ],
    ['half a character at its end', Buffer.from([...Buffer.from('{"name":"'), 0xe2, 0x82]), {}, 400],
    ['UTF-16', Buffer.from('{}', 'utf16le'), { 'content-type': `${json}; charset=utf-16` }, 415],
    ['latin-1', Buffer.from('{}'), { 'content-type': `${json}; charset=iso-8859-1` }, 415],
    ['no charset that there is', Buffer.from('{}'), { 'content-type': `${json}; charset=x` }, 415],
    ['a form', Buffer.from('email=a'), { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['no type', Buffer.from('{}'), { 'content-type': '' }, 415],
    ['a type that only begins as JSON', Buffer.from('{}'), { 'content-type': 'application/json-seq' }, 415],
    ['an encoding that there is not', Buffer.from('{}'), { 'content-encoding': 'rot13' }, 415],
    ['an encoding twice', gzipSync(gzipSync('{}')), { 'content-encoding': 'gzip, gzip' }, 415],
    ['gzip that is none', Buffer.from('{}'), { 'content-encoding': 'gzip' }, 400],
    [
      'gzip that ends too early',
      gzipSync('{"a":"bcdefghijk"}').subarray(0, -9),
      { 'content-encoding': 'gzip' },
      400,
    ],
    ['deflate that is none', Buffer.from('{}'), { 'content-encoding': 'deflate' }, 400],
    ['too much in little', gzipSync(Buffer.alloc(1_000_000, 0x20)), { 'content-encoding': 'gzip' }, 413],
    ['a length that is too large', Buffer.alloc(10_241, 0x20), {}, 413],
    ['undeclared fields', registration(Array.from({ length: 900 }, (_, i) => `"f${i}":0`).join()), {}, 400],
    ['a name of 10 kB', registration(`"${'\\u0001'.repeat(1_600)}":1`), {}, 400],
  ])('with %s is refused in a few words', async (_what, body, headers, status) => {
    const answer = await post('/api/v1/users', body, headers);
    expect([answer.status, answer.problem.status]).toEqual([status, status]);
    expect(answer.bytes).toBeLessThan(mostAnswered);
  });

  it('and none at all is told what is expected', async () => {
    const answer = await post('/api/v1/users', Buffer.alloc(0), { 'content-type': '' });
    expect(answer.problem).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^a body is expected: JSON/),
    });
  });

  it('what is packed as it should be is read', async () => {
    const order = '{"items":[{"sku":"a1","quantity":1}],"payment":{"token":"t"}}';
    placed.length = 0;
    for (const [encoding, body] of [
      ['gzip', gzipSync(order)],
      ['deflate', deflateSync(order)],
    ] as const)
      await post('/api/v1/orders', body, {
        'content-encoding': encoding,
        'content-type': `${json}; charset=UTF-8`,
      });
    expect(placed).toHaveLength(2);
  });

  it('an order may have what 1,000 lines take, indents included, and no more; nothing else may', async () => {
    const lines = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        sku: `${'X'.repeat(27)}-${1_000 + i}`,
        quantity: 2_147_483_647,
      }));
    const order = (count: number) =>
      Buffer.from(JSON.stringify({ items: lines(count), payment: { token: 't'.repeat(200) } }, undefined, 1));
    placed.length = 0;
    await post('/api/v1/orders', order(1_000));
    expect(placed[0]?.items).toHaveLength(1_000);
    expect((await post('/api/v1/orders', order(1_001))).problem).toMatchObject({
      status: 400,
      errors: [{ pointer: '/items', message: 'items must contain no more than 1000 elements' }],
    });
    expect((await post('/api/v1/orders', Buffer.alloc(131_073, 0x20))).status).toBe(413);
    expect((await post('/api/v1/users', order(1_000))).status).toBe(413);
  });

  it('no body at all gets an answer of more than 16 KiB', async () => {
    const rubbish = fc.oneof(
      fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
      fc
        .dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), fc.jsonValue(), {
          maxKeys: 60,
        })
        .map((fields) => Buffer.from(JSON.stringify(fields))),
      fc
        .array(fc.dictionary(fc.string({ unit: 'binary' }), fc.constant(1)), { maxLength: 30 })
        .map((items) => Buffer.from(JSON.stringify({ items, payment: { token: 7 } }))),
    );
    await fc.assert(
      fc.asyncProperty(rubbish, fc.constantFrom('users', 'auth/token', 'orders'), async (body, path) => {
        const answer = await post(`/api/v1/${path}`, body);
        expect([400, 413]).toContain(answer.status);
        expect(answer.bytes).toBeLessThan(mostAnswered);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    '/api/v1/products/%FF',
    '/api/v1/products?after=%FF',
    '/api/v1/products?after=%ED%A0%80',
    '/api/v1/%',
  ])('the URL %s is no text', async (path) => {
    expect((await post(path, Buffer.alloc(0))).problem).toMatchObject({
      status: 400,
      code: 'validation_failed',
    });
  });

  it.each([
    ['path', `/api/v1/${'%01'.repeat(5_000)}`],
    ['query', `/api/v1/orders?${'%01'.repeat(5_000)}=1`],
  ])('a long %s does not come back as a longer answer', async (_what, path) => {
    const answer = await post(path, Buffer.alloc(0));
    expect([400, 404]).toContain(answer.status);
    expect(answer.bytes).toBeLessThan(mostAnswered);
  });
});
