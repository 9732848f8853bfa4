import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { until } from '../../../../test/support/until.js';
import { edge } from '../testing/edge.js';
import { BoundedAdapter, connectionLimits } from './bounded-adapter.js';

const open = new Set<Socket>();
let shop: Awaited<ReturnType<typeof edge>>;

function listenWith(limits: typeof connectionLimits): void {
  beforeAll(async () => {
    shop = await edge({}, {}, { adapter: new BoundedAdapter(limits) });
    await shop.app.listen(0, '127.0.0.1');
  });
  afterEach(() => open.forEach((socket) => socket.destroy()));
  afterAll(() => shop.app.close());
}

function dial(): Socket {
  const socket = connect((shop.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  return socket;
}

/** All that comes until the other end closes. */
async function answer(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

describe('a listener that waits for nobody', () => {
  listenWith({ ...connectionLimits, headersMs: 150, requestMs: 400, lookMs: 20 });

  /** A byte now and then, as long as anybody listens. */
  async function drip(socket: Socket, text: string): Promise<void> {
    socket.write(text);
    const timer = setInterval(() => socket.write('x'), 20);
    await once(socket, 'close');
    clearInterval(timer);
  }

  it('does not wait without end for someone who says nothing', async () => {
    expect(await answer(dial())).toMatch(/^$|^HTTP\/1.1 408/);
  });

  it('does not wait without end for headers that come byte by byte', async () => {
    const socket = dial();
    const [text] = await Promise.all([answer(socket), drip(socket, 'GET /health/live HTTP/1.1\r\nX-Slow: ')]);
    expect(text).toMatch(/^HTTP\/1.1 408/);
  });

  it('does not wait without end for a body that comes byte by byte', async () => {
    const head =
      'POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n';
    const socket = dial();
    const [text] = await Promise.all([answer(socket), drip(socket, head)]);
    expect(text).toMatch(/^HTTP\/1.1 408/);
  });
});

describe('a listener', () => {
  const connections = 5;
  listenWith({ ...connectionLimits, connections });

  it('does not keep headers without end', async () => {
    const socket = dial();
    const text = answer(socket);
    socket.write(
      `GET /health/live HTTP/1.1\r\nHost: x\r\n${`X-Many: ${'x'.repeat(90)}\r\n`.repeat(200)}\r\n`,
    );
    expect(await text).toMatch(/^HTTP\/1.1 431/);
  });

  it('serves those who are quick while others are slow', async () => {
    const slow = dial();
    slow.write('GET / HT');
    const quick = dial();
    quick.write('GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await answer(quick)).toMatch(/^HTTP\/1.1 200/);
  });

  it('takes so many connections and no more', async () => {
    const count = promisify((done: (error: Error | null, count: number) => void) =>
      shop.server.getConnections(done),
    );
    await until('those of before have gone', async () => (await count()) === 0 || undefined);
    const all = Array.from({ length: connections }, dial);
    await Promise.all(all.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    expect(await answer(dial())).toBe('');
    expect(all.filter((socket) => socket.readyState === 'open')).not.toEqual([]);
  });
});

describe('a listener that counts connections by address', () => {
  const perAddress = { most: 2, loopback: true };
  const adapter = new BoundedAdapter({ ...connectionLimits, perAddress });
  const open = new Set<Socket>();
  let shop: Awaited<ReturnType<typeof edge>>;

  beforeAll(async () => {
    shop = await edge({}, {}, { adapter });
    await shop.app.listen(0, '127.0.0.1');
  });
  afterEach(() => open.forEach((socket) => socket.destroy()));
  afterAll(() => shop.app.close());

  /** Asks, and keeps the connection. @returns what comes first; nothing, if it is closed */
  async function ask(localAddress: string): Promise<string> {
    const { port } = shop.server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined);
    open.add(socket);
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    return new Promise((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString().slice(0, 12)));
      socket.once('close', () => resolve(''));
    });
  }

  it('one address does not take those of others, and gets its own back', async () => {
    const asked = [await ask('127.0.0.2'), await ask('127.0.0.2'), await ask('127.0.0.2')];
    expect(asked).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', '']);
    expect(adapter.refused).toEqual({ address: 1, listener: 0 });
    expect(await ask('127.0.0.3')).toBe('HTTP/1.1 200');
    open.forEach((socket) => socket.destroy());
    await until('there is room again', async () => (await ask('127.0.0.2')) || undefined);
  });

  it('who is on this machine has as many as it likes, unless somebody has set it', async () => {
    perAddress.loopback = false;
    const all = await Promise.all(Array.from({ length: 5 }, () => ask('127.0.0.2')));
    expect(new Set(all)).toEqual(new Set(['HTTP/1.1 200']));
  });
});

describe('requests that are sent ahead', () => {
  const adapter = new BoundedAdapter();
  const begun: ServerResponse[] = [];
  let shop: Awaited<ReturnType<typeof edge>>;

  beforeAll(async () => {
    shop = await edge({}, {}, { adapter });
    adapter.before((_request, response) => void begun.push(response));
    await shop.app.listen(0, '127.0.0.1');
  });
  beforeEach(() => void (begun.length = 0));
  afterAll(() => shop.app.close());

  async function sendAhead(count: number): Promise<Socket> {
    const socket = connect((shop.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count));
    await until('the first is begun', () => begun[0]);
    return socket;
  }

  it('begin in turn, and those of a connection that has ended hold nothing for ever', async () => {
    const socket = await sendAhead(3);
    begun[0]!.end('first');
    const second = await until('the next is begun', () => begun[1]);
    const closed = once(second, 'close');
    socket.destroy();
    await closed;
    expect(begun).toHaveLength(2);
  });

  it('are not so many that one connection keeps all others waiting', async () => {
    const socket = await sendAhead(102);
    await once(socket, 'close');
    expect(begun).toHaveLength(1);
  });
});

it('the limits of the shop and of the admin listener', () => {
  const adapter = new BoundedAdapter();
  adapter.initHttpServer({});
  const server = adapter.getHttpServer() as Server;
  expect(server).toMatchObject({ requestTimeout: 30_000, headersTimeout: 15_000, maxConnections: 1_000 });
  expect(connectionLimits.lookMs).toBeLessThanOrEqual(2_000);
});

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

it('ends although connections are always busy, as those of a proxy are; nobody is cut off', async () => {
  const { app, server } = await edge({}, {}, { adapter: new BoundedAdapter() });
  await app.listen(0, '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true });
  const statuses: number[] = [];
  const ask = async () => {
    const asked = get({ port, path: '/health/live', agent });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    statuses.push(response.statusCode!);
  };
  const busy = async () => {
    // Until nobody listens any more.
    for (;;) if ((await ask().catch(codeOf)) === 'ECONNREFUSED') return;
  };
  // In the middle of an answer: a connection without one is closed at once.
  const ended = once(server, 'request').then(() => app.close());
  await Promise.all([busy(), busy(), busy()]);
  await ended;
  expect(new Set(statuses)).toEqual(new Set([200]));
  agent.destroy();
});
