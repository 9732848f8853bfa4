import { createServer, request as send, type IncomingMessage, type Server } from 'node:http';
import { Upstream } from './index.js';
import { copyOf } from './routes/copy-of.js';
import { closing, listening } from '../../../test/support/http-server.js';
import { openGate, type Gate } from './testing/gate.js';
import { isWhole, sendRaw } from '../../../test/support/raw.js';

/* A gateway whose upstream leads back to it. */
let leads: Upstream;
let gate: Gate;
const opened: { close(): unknown }[] = [];
const passed: IncomingMessage[] = [];

beforeEach(async () => {
  passed.length = 0;
  gate = await openGate({ upstreamOf: (_request, failed) => (failed.length === 0 ? leads : undefined) });
});
afterEach(async () => {
  await gate.close();
  for (const each of opened.splice(0).reverse()) await each.close();
});

function leadTo(url: string): void {
  leads = new Upstream(url);
  opened.push(leads);
}

/** Another proxy, which knows nothing of the gateway: it asks the gateway what it is asked. */
async function proxy(): Promise<string> {
  const server: Server = createServer((request, response) => {
    passed.push(request);
    const onward = send(`${gate.url}${request.url}`, { headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward.on('error', () => response.destroy()));
  });
  opened.push({ close: () => closing(server) });
  return `http://127.0.0.1:${await listening(server)}`;
}

const ask = (headers = '') =>
  sendRaw(gate.port, `GET /a HTTP/1.1\r\nHost: shop.example\r\n${headers}\r\n`, isWhole);

it.each([
  ['itself', async () => gate.url],
  ['another proxy that leads to it', proxy],
])('508 where the upstream is %s, at the first time round', async (_, place) => {
  leadTo(await place());
  const answer = await ask();
  expect(answer).toMatch(/^HTTP\/1\.1 508 /);
  expect(answer).toContain('"code":"loop_detected"');
  // Once from the client, once round.
  expect(gate.outcomes).toHaveLength(1);
});

it('what other proxies say of themselves goes on, and the gateway adds itself; no client can have that taken away', async () => {
  leadTo(await proxy());
  await ask('CDN-Loop: other.example; v=1, third\r\nConnection: CDN-Loop\r\n');
  expect(passed[0]?.headers['cdn-loop']).toMatch(/^other\.example; v=1, third, strangler-[0-9a-f]{16}$/);
});

it('a copy of a GET that comes back is not copied again and again', async () => {
  const url = await proxy();
  leadTo(url);
  await fetch(url);
  const [own] = passed;
  expect(own?.headers['cdn-loop']).toBeUndefined();
  passed.length = gate.outcomes.length = 0;
  await copyOf(own!, 0)(leads);
  expect([passed.length, gate.outcomes.length]).toEqual([1, 0]);
});
