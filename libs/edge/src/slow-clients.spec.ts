import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { pause, until } from '../../../test/support/until.js';
import { Turns, Upstream, type PassThroughOptions, type Times } from './index.js';
import { closing, listening } from '../../../test/support/http-server.js';
import { openGate, type Gate } from './testing/gate.js';

/* Clients that hold what others need: on purpose, or because they are far away. */
let answer: (request: IncomingMessage, response: ServerResponse) => unknown;
const server = createServer((request, response) => answer(request, response));
const open = new Set<Socket>();
let gate: Gate;
let upstream: Upstream;

beforeAll(() => listening(server));
beforeEach(() => {
  answer = (request, response) => request.resume().on('end', () => response.end('yes'));
});
afterEach(async () => {
  open.forEach((socket) => socket.destroy());
  await gate.close();
  await until('nothing is under way', () => (upstream.inFlight === 0 ? true : undefined));
  upstream.close();
});
afterAll(() => closing(server));

async function start(times: Partial<Times> = {}, turns?: Turns): Promise<void> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  upstream = new Upstream(`http://127.0.0.1:${address.port}`);
  const upstreamOf: PassThroughOptions['upstreamOf'] = (_request, failed) =>
    failed.length === 0 ? upstream : undefined;
  gate = await openGate({ upstreamOf, times }, { turns });
}

interface Dialled {
  socket: Socket;
  text: string;
  closed: boolean;
}

function dial(localAddress: string, bytes: string): Dialled {
  const socket = connect({ port: gate.port, host: '127.0.0.1', localAddress });
  const dialled: Dialled = { socket, text: '', closed: false };
  socket.on('data', (chunk: Buffer) => (dialled.text += chunk.toString('latin1')));
  socket.on('error', () => undefined).on('close', () => (dialled.closed = true));
  socket.write(bytes);
  open.add(socket);
  return dialled;
}
const upload = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\nx';
const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const statusOf = ({ text }: Dialled) => text.slice(9, 12);
const closedOf = (one: Dialled) => until('it is closed', () => (one.closed ? one : undefined));

it('as many slow uploads of an address as an upstream takes connections do not keep others from it', async () => {
  const turns = new Turns({ atOnce: 32, waiting: 64, waitMs: 60_000 });
  await start({}, turns);
  const slow = Array.from({ length: 128 }, () => dial('127.0.0.2', upload));
  await until('those over its share are refused', () => (turns.refused === 32 ? true : undefined));
  expect(upstream.inFlight).toBe(32);
  expect(statusOf(await closedOf(dial('127.0.0.3', get)))).toBe('200');
  const refused = slow.filter(({ text }) => text !== '');
  expect(refused.map(({ text }) => text)).toEqual(
    Array.from({ length: 32 }, () =>
      expect.stringMatching(/^HTTP\/1\.1 429 .*retry-after: 1.*"rate_limited"/is),
    ),
  );
});

it('who waits for his turn gets it when one of his own requests is over, and waits no longer than he is told', async () => {
  const turns = new Turns({ atOnce: 1, waiting: 1, waitMs: 1_000 });
  await start({}, turns);
  const slow = dial('127.0.0.2', upload);
  await until('it has its place', () => (upstream.inFlight === 1 ? true : undefined));
  expect(statusOf(await closedOf(dial('127.0.0.2', get)))).toBe('429');
  const next = dial('127.0.0.2', get);
  await until('it waits', () => (turns.waiting === 1 ? true : undefined));
  slow.socket.destroy();
  expect(statusOf(await closedOf(next))).toBe('200');
  await until('nothing is kept of it', () => (turns.size === 0 ? true : undefined));
});

it('who leaves while he waits leaves no place taken', async () => {
  const turns = new Turns({ atOnce: 1, waiting: 1, waitMs: 60_000 });
  await start({}, turns);
  const slow = dial('127.0.0.2', upload);
  await until('it has its place', () => (upstream.inFlight === 1 ? true : undefined));
  const leaves = dial('127.0.0.2', get);
  await until('it waits', () => (turns.waiting === 1 ? true : undefined));
  leaves.socket.destroy();
  await until('its place is free', () => (turns.waiting === 0 ? true : undefined));
  slow.socket.destroy();
  await until('nothing is kept of it', () => (turns.size === 0 ? true : undefined));
  expect(gate.outcomes).toHaveLength(1);
});

it('an upload of a byte now and then is ended with 408, though it never rests', async () => {
  await start({ leastRate: { overMs: 100, bytesPerS: 500 } });
  const slow = dial('127.0.0.1', upload);
  const drip = setInterval(() => slow.socket.write('x'), 10);
  slow.socket.once('close', () => clearInterval(drip));
  await until('it is refused', () => (slow.text === '' ? undefined : true));
  await until('the upstream is rid of it', () => (upstream.inFlight === 0 ? true : undefined));
  expect(slow.text).toMatch(/^HTTP\/1\.1 408 .*connection: close/is);
  expect(gate.outcomes.map(({ failure }) => failure)).toEqual(['client_stalled']);
});

it('an answer that is taken a little at a time is ended, though the client never rests', async () => {
  await start({ leastRate: { overMs: 100, bytesPerS: 1_000_000_000 } });
  answer = (_request, response) => response.end(Buffer.alloc(50_000_000));
  const slow = dial('127.0.0.1', get);
  slow.socket.on('data', () => {
    slow.socket.pause();
    void pause(5).then(() => slow.socket.resume());
  });
  await until('the upstream is rid of it', () => gate.outcomes[0]);
  expect(gate.outcomes.map(({ failure }) => failure)).toEqual(['client_stalled']);
});

it('who waits for a slow upstream is not slow himself', async () => {
  await start({ leastRate: { overMs: 400, bytesPerS: 1_000 } });
  // Takes nothing of the body for longer than a client may be slow.
  answer = (request, response) =>
    void pause(1_000).then(() => request.resume().on('end', () => response.end('yes')));
  const one = dial(
    '127.0.0.1',
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\nConnection: close\r\n\r\n`,
  );
  one.socket.write(Buffer.alloc(9_000_000));
  expect(statusOf(await closedOf(one))).toBe('200');
});
