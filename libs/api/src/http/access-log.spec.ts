import type { Product, User } from '#contracts';
import { currentContext } from 'nestjs-strangler';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import request from 'supertest';
import { until } from '../../../../test/support/until.js';
import { ann, bearer, edge, signingKey } from '../testing/edge.js';

const price = { amount: 1, currency: 'GBP' };
const product: Product = { sku: 'A1', description: 'Cup', price, onHand: 1, reserved: 0 };
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const head = 'GET /api/v1/products/A1 HTTP/1.1\r\nHost: x\r\n';

describe('the line of a request', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let authorization: string;
  /** What a client waits for that goes away. */
  let answered: (() => void) | undefined;
  let asked: Promise<void>;

  beforeAll(async () => {
    const key = await signingKey();
    authorization = await bearer(key, ann);
    let ask: () => void;
    asked = new Promise((resolve) => (ask = resolve));
    shop = await edge(
      {
        users: {
          jwks: async () => ({ keys: [key.jwk] }),
          getUser: async () => ({ id: ann, name: 'Ann Lee' }) as User,
          register: async () => Promise.reject(new Error('broken')),
        },
        inventory: {
          getProduct: async ({ sku }) => {
            currentContext()?.servedBy.set('inventory', 'extracted');
            if (!sku.startsWith('SLOW')) return product;
            ask();
            await new Promise<void>((resolve) => (answered = resolve));
            return product;
          },
        },
      },
      { cache: { freshMs: 60_000, staleMs: 60_000 } },
    );
    await shop.app.listen(0, '127.0.0.1');
  });
  afterAll(() => shop.app.close());

  const next = async (work: () => unknown) => {
    const before = shop.lines.length;
    await work();
    return until('a line is written', async () => shop.lines.slice(before).find(({ context }) => !context));
  };
  const dial = (): Socket =>
    connect((shop.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);

  it('says what was asked, by whom, what came of it, and under which ids more is found', async () => {
    const line = await next(() =>
      request(shop.server)
        .get(`/api/v1/users/${ann}`)
        .set({ authorization, 'X-Request-Id': 'r-1', traceparent: `00-${trace}-00f067aa0ba902b7-01` }),
    );
    expect(line).toEqual({
      level: 'info',
      time: expect.any(String),
      msg: `GET /api/v1/users/${ann} 200`,
      method: 'GET',
      route: '/api/v1/users/:id',
      path: `/api/v1/users/${ann}`,
      status: 200,
      ms: expect.any(Number),
      user: ann,
      requestId: 'r-1',
      traceId: trace,
      spanId: '00f067aa0ba902b7',
    });
  });

  it('says which side answered, and the route also of an answer that was kept', async () => {
    const get = () => request(shop.server).get('/api/v1/products/A1');
    const route = '/api/v1/products/:sku';
    expect(await next(get)).toMatchObject({ route, sides: 'inventory=extracted' });
    const kept = await next(get);
    expect(kept).toMatchObject({ route, status: 200 });
    expect(kept).not.toHaveProperty('sides');
  });

  it.each([
    ['get', `/api/v1/users/${ann}`, 401, '/api/v1/users/:id'],
    ['get', '/api/v1/nothing', 404, undefined],
    ['delete', '/api/v1/products/A1', 405, undefined],
    ['get', '/api/v1/products/%FF', 400, undefined],
  ] as const)('is there when it is refused: %s %s, %s', async (method, path, status, route) => {
    const line = await next(() => request(shop.server)[method](path));
    expect([line.status, line.route]).toEqual([status, route]);
  });

  it('is an error when we failed', async () => {
    const person = { email: 'ann@shop.example', name: 'Ann', password: 'long enough' };
    const line = await next(() => request(shop.server).post('/api/v1/users').send(person));
    expect(line).toMatchObject({ level: 'error', status: 500, route: '/api/v1/users' });
  });

  it('is there when the client goes away before its answer, and claims no status', async () => {
    const line = await next(async () => {
      const socket = dial();
      socket.write(head.replace('A1', 'SLOW') + '\r\n');
      await asked;
      socket.destroy();
    });
    answered!();
    expect(line).toMatchObject({
      aborted: true,
      route: '/api/v1/products/:sku',
      sides: 'inventory=extracted',
    });
    expect(line).not.toHaveProperty('status');
  });

  it.each([
    ['what is no HTTP', 'EHLO shop\r\n\r\n', 400],
    ['two lengths', `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
    [
      'a chunk that is none',
      'POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n',
      400,
    ],
    ['too many headers', `${head}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('is there, and the client told, for %s', async (_, sent, status) => {
    let answer = '';
    const line = await next(async () => {
      const socket = dial();
      socket.write(sent);
      answer = await text(socket);
      if (!socket.closed) await once(socket, 'close');
    });
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\w ]+\r\nConnection: close\r\n\r\n$`));
    expect(line).toMatchObject({ level: 'info', status, code: expect.stringMatching(/^HPE_/) });
  });

  it('is that of its own answer, whatever comes behind the request; the connection ends with it', async () => {
    answered = undefined;
    let answer = '';
    const line = await next(async () => {
      const socket = dial();
      socket.write(`${head.replace('A1', 'SLOW-2')}\r\nEHLO shop\r\n\r\n`);
      (await until('it is asked', () => answered))();
      answer = await text(socket);
    });
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\nConnection: close\r\n.*"sku":"A1"[^\r\n]*$/s);
    expect(line).toMatchObject({ status: 200, route: '/api/v1/products/:sku' });
    expect(line).not.toHaveProperty('aborted');
  });

  it('holds no query, no token, no body', async () => {
    const send = () =>
      request(shop.server)
        .patch(`/api/v1/users/${ann}?reset=s3cret`)
        .set({ authorization, cookie: 'session=s3cret' })
        .send({ password: 's3cret' });
    expect(await next(send)).toMatchObject({ path: `/api/v1/users/${ann}`, status: 400 });
    await next(() => dial().end('GET /?s3cret HTTP/1.1\r\nX-Api-Key: s3cret\r\nbroken\r\n\r\n'));
    const all = JSON.stringify(shop.lines);
    expect(all).not.toContain('s3cret');
    expect(all).not.toContain(authorization.slice('Bearer '.length));
  });

  it('is not written for probes', async () => {
    const line = await next(async () => {
      await request(shop.server).get('/health/live');
      await request(shop.server).get('/api/v1/nothing');
    });
    expect(line).toMatchObject({ path: '/api/v1/nothing' });
  });
});
