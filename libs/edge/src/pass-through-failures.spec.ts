import { once as eventOf } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { freePort } from '../../../test/support/ports.js';
import { until } from '../../../test/support/until.js';
import { Upstream, type PassThroughOptions } from './index.js';
import { openGate, type Gate } from './testing/gate.js';
import { isWhole, rawServer, sendRaw, type RawServer } from '../../../test/support/raw.js';

/* What goes wrong between a client and an upstream, byte by byte. */
let reply: (socket: Socket, heard: string, connection: number) => unknown;
let server: RawServer;
let upstream: Upstream;
let gate: Gate;

const once =
  (to: Upstream): PassThroughOptions['upstreamOf'] =>
  (_request, failed) =>
    failed.length === 0 ? to : undefined;
const patient = { connectMs: 60_000, idleMs: 60_000, totalMs: 60_000 };
const short = { ...patient, connectMs: 200, idleMs: 200 };
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes';
const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';
const failure = () =>
  until('the request is over', () => gate.outcomes.at(-1)).then((outcome) => outcome.failure);
const ask = (text: string) => sendRaw(gate.port, text, isWhole);
const problem = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));

beforeEach(async () => {
  reply = (socket) => socket.write(ok);
  server = await rawServer((...args) => reply(...args));
  upstream = new Upstream(`http://127.0.0.1:${server.port}`);
  gate = await openGate({ upstreamOf: once(upstream), times: patient });
});
/** As it is from here on. */
async function reopen(how: Partial<PassThroughOptions>): Promise<void> {
  await gate.close();
  gate = await openGate({ upstreamOf: once(upstream), times: patient, ...how });
}
const hurry = () => reopen({ times: { ...patient, idleMs: 200 } });
afterEach(async () => {
  expect(upstream.inFlight).toBe(0);
  await gate.close();
  upstream.close();
  await server.close();
});

describe('no answer', () => {
  it('502: nobody listens', async () => {
    const dead = new Upstream(`http://127.0.0.1:${await freePort()}`);
    await reopen({ upstreamOf: once(dead) });
    const answer = await ask(get);
    expect(problem(answer)).toMatchObject({
      type: '/problems/bad_gateway',
      status: 502,
      code: 'bad_gateway',
    });
    expect(answer).toMatch(/^HTTP\/1\.1 502 .*content-type: application\/problem\+json\r\n/is);
    expect(await failure()).toBe('refused');
    dead.close();
  });

  it('502: the connection is lost before the answer', async () => {
    reply = (socket) => socket.destroy();
    expect(problem(await ask(post)).status).toBe(502);
    expect(await failure()).toBe('reset');
  });

  it.each([
    ['rubbish', 'SSH-2.0-OpenSSH_9\r\n\r\n'],
    ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nyes'],
    [
      'a coding that is not undone here',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a header that is too large', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    [
      'a status with a control byte',
      'HTTP/1.1 200 O\x01K\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nyes',
    ],
    ['a status that is none', 'HTTP/1.1 099 OK\r\nContent-Length: 3\r\n\r\nyes'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX: 1\r\n Content-Length: 3\r\n\r\nyes'],
    [
      'a change of protocol that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    ],
  ])('502: the answer is %s', async (_what, bytes) => {
    reply = (socket) => socket.write(bytes);
    const answer = await ask(get);
    expect(problem(answer).status).toBe(502);
    expect(answer).not.toMatch(/content-encoding/i);
  });

  it('a body behind an answer that has none: the answer is given, and what follows is thrown away', async () => {
    reply = (socket) => socket.write('HTTP/1.1 204 No Content\r\nX-Whole: yes\r\n\r\nbody');
    expect(await sendRaw(gate.port, get, (answer) => answer.endsWith('\r\n\r\n'))).toMatch(
      /^HTTP\/1\.1 204 .*x-whole: yes/is,
    );
    expect(await failure()).toBeUndefined();
  });

  it('502: hints without end, which would wait for a client that reads nothing', async () => {
    reply = (socket) => socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'.repeat(40) + ok);
    expect(await ask(get)).toMatch(/HTTP\/1\.1 502/);
    expect(gate.outcomes.map(({ failure }) => failure)).toEqual(['bad_answer']);
  });

  it('503: there is no upstream', async () => {
    const nowhere = await openGate({ upstreamOf: () => undefined });
    const answer = await sendRaw(nowhere.port, get, isWhole);
    expect(answer).toMatch(/retry-after: 1/i);
    expect(problem(answer)).toMatchObject({ status: 503, code: 'unavailable' });
    await nowhere.close();
  });

  it('503: too many wait for a connection, or none is free in time', async () => {
    const narrow = new Upstream(upstream.origin, { connections: 1, queue: 1 });
    const behind = await openGate({ upstreamOf: once(narrow), times: { ...short, idleMs: 60_000 } });
    let free = () => undefined as unknown;
    reply = (socket) => (free = () => socket.write(ok));
    const first = sendRaw(behind.port, get, isWhole);
    await until('it has the connection', () => server.heard[0]);
    const second = sendRaw(behind.port, get, isWhole);
    await until('one waits', () => (narrow.inFlight === 2 ? true : undefined));
    expect(problem(await sendRaw(behind.port, get, isWhole)).status).toBe(503);
    expect(problem(await second).status).toBe(503);
    free();
    expect(await first).toContain('yes');
    expect(behind.outcomes.map((outcome) => outcome.failure)).toEqual(['busy', 'busy', undefined]);
    await behind.close();
    narrow.close();
  });

  it('504: no connection comes about in time', async () => {
    const full = await fullListener();
    const behind = new Upstream(`http://127.0.0.1:${full.port}`);
    const next = await openGate({ upstreamOf: once(behind), times: short });
    for (const request of [get, post])
      expect(problem(await sendRaw(next.port, request, isWhole))).toMatchObject({
        ...{ status: 504, code: 'gateway_timeout' },
        title: 'The application behind the gateway cannot be reached in time',
      });
    expect(next.outcomes.map(({ failure: why, connected }) => [why, connected])).toEqual([
      ['connect_timeout', false],
      ['connect_timeout', false],
    ]);
    await next.close();
    behind.close();
    await full.close();
  });

  it('504: nobody shakes hands in time, where TLS is spoken', async () => {
    reply = () => undefined;
    const secure = new Upstream(`https://127.0.0.1:${server.port}`);
    const next = await openGate({ upstreamOf: once(secure), times: short });
    expect(problem(await sendRaw(next.port, get, isWhole)).status).toBe(504);
    expect(next.outcomes.map(({ failure: why }) => why)).toEqual(['connect_timeout']);
    await next.close();
    secure.close();
  });

  it('504: nothing comes in time', async () => {
    await hurry();
    reply = () => undefined;
    expect(problem(await ask(get))).toMatchObject({ status: 504, code: 'gateway_timeout' });
    expect(await failure()).toBe('timeout');
  });

  it('408: it was the client who sent nothing', async () => {
    await hurry();
    reply = () => undefined;
    const answer = await ask('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi');
    expect(problem(answer).status).toBe(408);
    expect(await failure()).toBe('client_stalled');
  });
});

/** A listener that takes no connection, and has no room for one more: it stands in a thread that sleeps. */
async function fullListener(): Promise<{ port: number; close(): Promise<unknown> }> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
    { eval: true },
  );
  const [port] = (await eventOf(worker, 'message')) as [number];
  // Linux has room for one more than the backlog says.
  const waiting = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await Promise.all(
    waiting.map((socket) =>
      eventOf(
        socket.on('error', () => undefined),
        'connect',
      ),
    ),
  );
  const close = () => {
    for (const socket of waiting) socket.destroy();
    return worker.terminate();
  };
  return { port, close };
}

describe('half an answer', () => {
  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['in the middle of a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf'],
  ])(
    '%s: the upstream dies, and the client is not left waiting, nor told that this was all',
    async (_what, bytes) => {
      reply = (socket) => socket.end(bytes);
      const answer = await sendRaw(gate.port, get);
      expect(answer).toContain('half');
      expect(answer).not.toMatch(/\r\n0\r\n\r\n$/);
      expect(await failure()).toBe('broke_off');
    },
  );

  it('a wrong chunk ends it too', async () => {
    reply = (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n');
    expect(await sendRaw(gate.port, get)).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(await failure()).toBe('broke_off');
  });

  it('and nothing more: the client is not left waiting', async () => {
    await hurry();
    reply = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    expect(await sendRaw(gate.port, get)).toContain('half');
    expect(await failure()).toBe('timeout');
  });

  it('and a byte now and then: there is an end to that', async () => {
    const hurried = await openGate({ upstreamOf: once(upstream), times: { ...short, totalMs: 300 } });
    reply = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const drip = setInterval(() => socket.write('1\r\n.\r\n'), 20);
      socket.once('close', () => clearInterval(drip));
    };
    expect(await sendRaw(hurried.port, get)).not.toMatch(/\r\n0\r\n\r\n$/);
    await hurried.close();
    expect(hurried.outcomes.map((outcome) => outcome.failure)).toEqual(['too_long']);
  });

  it('an answer that ends with its connection is whole', async () => {
    reply = (socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nall of it');
    expect(await sendRaw(gate.port, get, (text) => text.endsWith('0\r\n\r\n'))).toContain('all of it');
  });
});

describe('a client that leaves', () => {
  const leaveAfter = async (bytes: string, when: () => unknown) => {
    const client = connect(gate.port, '127.0.0.1');
    client.write(bytes);
    await until('it has arrived', () => when() || undefined);
    client.destroy();
    await until('the upstream is rid of it', () => (server.sockets.size === 0 ? true : undefined));
    expect(await failure()).toBe('client_gone');
  };

  it('while it waits for an answer', async () => {
    reply = () => undefined;
    await leaveAfter(get, () => server.heard[0]);
  });

  it('in the middle of an answer', async () => {
    reply = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    await leaveAfter(get, () => server.heard[0]);
  });

  it('in the middle of an upload, which the upstream does not take for a whole one', async () => {
    reply = () => undefined;
    await leaveAfter('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', () =>
      server.heard[0]?.includes('half'),
    );
    expect(server.heard[0]).not.toContain('0\r\n\r\n');
  });
});

describe('connections that are kept', () => {
  /** The upstream closes a connection when the second request comes on it. */
  const closing = () => {
    const answered = new Set<number>();
    reply = (socket, _heard, connection) => {
      if (answered.has(connection)) return socket.destroy();
      answered.add(connection);
      socket.write(ok);
    };
  };

  it('a GET that meets one being closed is sent again', async () => {
    closing();
    expect(await ask(get)).toContain('yes');
    expect(await ask(get)).toContain('yes');
    expect(server.heard).toHaveLength(2);
    expect(gate.outcomes.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('a POST is not: it may have been done', async () => {
    closing();
    expect(await ask(get)).toContain('yes');
    expect(problem(await ask(post)).status).toBe(502);
    expect(server.heard).toHaveLength(1);
  });

  it('bytes behind an answer are not the next answer', async () => {
    reply = (socket) => socket.write(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`);
    expect(await ask(get)).toContain('yes');
    reply = (socket) => socket.write(ok);
    expect(await ask(get)).not.toContain('poison');
  });

  it('what comes on one that nobody uses ends it: what follows would be taken for an answer', async () => {
    let kept: Socket | undefined;
    reply = (socket) => void (kept = socket).write(ok);
    await ask(get);
    kept!.write('late, ');
    await until('it is ended', () => (server.sockets.size === 0 ? true : undefined));
    expect(await ask(get)).toContain('yes');
    expect(server.heard).toHaveLength(2);
  });

  it('one whose answer broke off is not used again', async () => {
    await hurry();
    reply = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    await sendRaw(gate.port, get);
    await reopen({});
    reply = (socket) => socket.write(ok);
    expect(await ask(get)).toContain('yes');
    expect(server.heard).toHaveLength(2);
  });
});

describe('an answer before the end of the upload', () => {
  it('is given, and the rest of the upload is not waited for', async () => {
    reply = (socket, _heard, connection) =>
      connection === 0 && socket.write('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\n\r\nbig');
    const answer = await ask('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi');
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*big$/s);
    await until('the upstream is rid of it', () => (server.sockets.size === 0 ? true : undefined));
    expect(await failure()).toBeUndefined();
  });
});

describe('another try', () => {
  it('a POST that has not reached anybody goes to the next one, with its body', async () => {
    const dead = new Upstream('http://127.0.0.1:1');
    const next = await openGate({ upstreamOf: (_request, failed) => [dead, upstream][failed.length] });
    reply = (socket, heard) => heard.endsWith('hi') && socket.write(ok);
    expect(await sendRaw(next.port, post, isWhole)).toContain('yes');
    expect(next.outcomes.map(({ upstream: { origin }, failure: why }) => [origin, why])).toEqual([
      [dead.origin, 'refused'],
      [upstream.origin, undefined],
    ]);
    await next.close();
  });

  it('a POST that may have reached somebody goes to nobody else', async () => {
    const next = await openGate({ upstreamOf: () => upstream });
    reply = (socket) => socket.destroy();
    expect(problem(await sendRaw(next.port, post, isWhole)).status).toBe(502);
    expect(server.heard).toHaveLength(1);
    await next.close();
  });
});
