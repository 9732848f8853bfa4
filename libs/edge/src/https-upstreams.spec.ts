import { Logger } from '@nestjs/common';
import { createServer, type Server } from 'node:https';
import { makeAuthority, type Authority } from '../../../test/support/certificates.js';
import { until } from '../../../test/support/until.js';
import { UpstreamPool } from './index.js';
import { defaultRules } from './pool/rules.js';
import { closing, listening } from '../../../test/support/http-server.js';
import { openGate, type Gate } from './testing/gate.js';
import { isWhole, rawServer, sendRaw } from '../../../test/support/raw.js';

/* Applications that speak HTTPS: who cannot prove that he is the one gets nothing of a request. */
let ca: Authority;
let other: Authority;
let opened: { close(): unknown }[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  [ca, other] = await Promise.all([makeAuthority(), makeAuthority()]);
});
afterAll(() => Promise.all([ca.drop(), other.drop()]));
afterEach(async () => {
  for (const each of opened.reverse()) await each.close();
  opened = [];
});

/** An application, with what it was sent in all. */
async function serve(authority: Authority, hosts?: string) {
  const heard = { bytes: 0, connections: 0 };
  const server: Server = createServer(await authority.issue('an application', hosts), (request, response) => {
    request.resume().once('end', () => response.end(`yes ${request.method} ${request.url}`));
  });
  server.on('secureConnection', (socket) => {
    heard.connections += 1;
    socket.on('data', (chunk: Buffer) => (heard.bytes += chunk.length));
  });
  const port = await listening(server);
  opened.push({ close: () => closing(server) });
  return { origin: `https://127.0.0.1:${port}`, heard };
}

async function gateTo(origin: string, { trusted = ca.cert, everyMs = 3_600_000 } = {}) {
  const checks = { ...defaultRules.checks, everyMs, fall: 1 };
  const pool = new UpstreamPool({
    ...{ name: 'legacy', copies: [origin], checkPath: '/check', ca: trusted },
    rules: { checks },
  });
  const { choose: upstreamOf, mayMove, done: onDone } = pool;
  const gate: Gate = await openGate({ upstreamOf, mayMove, onDone });
  opened.push(gate, pool);
  const ask = (text: string) =>
    sendRaw(gate.port, text, (answer) => isWhole(answer) || answer.endsWith('0\r\n\r\n'));
  return { gate, pool, ask };
}

const get = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const post = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nsecret';

it('who has a certificate of the CA that is set gets requests, over connections that are kept', async () => {
  const { origin, heard } = await serve(ca);
  const { ask } = await gateTo(origin);
  expect(await ask(get)).toContain('yes GET /a');
  expect(await ask(post)).toContain('yes POST /a');
  expect(heard.connections).toBe(1);
});

describe.each([
  ['nobody whom we trust has signed', () => serve(other)],
  ['is for another name', () => serve(ca, 'DNS:other.example,IP:127.0.0.2')],
])('a certificate that %s', (_what, open) => {
  it.each([get, post])('is 502, and not a byte of %j is sent', async (request) => {
    const { origin, heard } = await open();
    const { gate, ask } = await gateTo(origin);
    expect(await ask(request)).toMatch(/^HTTP\/1\.1 502 .*"code":"bad_gateway"/s);
    expect(gate.outcomes.map(({ failure, connected }) => [failure, connected])).toEqual([['refused', false]]);
    expect(heard.bytes).toBe(0);
  });
});

it('nor is one that a public CA might have signed: the CA that is set stands in the place of all others', async () => {
  const { origin, heard } = await serve(ca);
  const { ask } = await gateTo(origin, { trusted: other.cert });
  expect(await ask(get)).toMatch(/^HTTP\/1\.1 502 /);
  expect(heard.bytes).toBe(0);
});

it('who speaks no TLS where it is expected is sent nothing that can be read', async () => {
  const plain = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes'));
  opened.push(plain);
  const { ask } = await gateTo(`https://127.0.0.1:${plain.port}`);
  expect(await ask(post)).toMatch(/^HTTP\/1\.1 502 /);
  expect(plain.heard.join('')).not.toMatch(/POST|secret/);
});

it('checks of health look at the certificate too', async () => {
  const [good, bad] = [await serve(ca), await serve(other)];
  const [{ pool: one }, { pool: two }] = [
    await gateTo(good.origin, { everyMs: 10 }),
    await gateTo(bad.origin, { everyMs: 10 }),
  ];
  const healthy = (pool: UpstreamPool) => pool.figures.copies.map((copy) => copy.healthy);
  await until('the wrong one is out', () => (healthy(two)[0] === false ? true : undefined));
  await until('the right one was asked', () => (good.heard.bytes > 0 ? true : undefined));
  expect(healthy(one)).toEqual([true]);
  expect(bad.heard.bytes).toBe(0);
});
