import { passThrough, Upstream } from '#edge';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createServer as createPlain, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeAuthority, type Authority } from '../../../../test/support/certificates.js';
import { freePort } from '../../../../test/support/ports.js';
import { until } from '../../../../test/support/until.js';
import { edge } from '../testing/edge.js';

/* The line in the log of what is passed on. */
let ca: Authority;
const servers: Server[] = [];
const upstreams: Upstream[] = [];
let app: NestExpressApplication;

beforeAll(async () => {
  ca = await makeAuthority();
});
afterEach(async () => {
  await app.close();
  for (const each of upstreams.splice(0)) each.close();
  await Promise.all(servers.splice(0).map(closing));
});
afterAll(() => ca.drop());

async function closing(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

async function serve(server: Server, scheme = 'http'): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const nobody = async () => `http://127.0.0.1:${await freePort()}`;

const troubles: readonly [string, () => Promise<string>, number, RegExp][] = [
  ['nobody listens', nobody, 502, /^http:\/\/127\.0\.0\.1:\d+ refused \(ECONNREFUSED\)$/],
  [
    'nobody vouches for its certificate',
    async () => serve(createSecure(await ca.issue('an application')), 'https'),
    502,
    /^https:\/\/127\.0\.0\.1:\d+ refused \((SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\)$/,
  ],
  [
    'it says so itself',
    () => serve(createPlain((_request, response) => void response.writeHead(503).end())),
    503,
    /^http:\/\/127\.0\.0\.1:\d+ answered 503$/,
  ],
  ['it says nothing', () => serve(createPlain(() => undefined)), 504, /^http:\/\/127\.0\.0\.1:\d+ timeout$/],
];

it.each(troubles)(
  'it says which upstream failed, and why, and the client is told neither: %s',
  async (_, place, status, why) => {
    const upstream = new Upstream(await place());
    upstreams.push(upstream);
    const passOn = passThrough({
      upstreamOf: (_request, failed) => (failed.length === 0 ? upstream : undefined),
      times: { idleMs: 1_000 },
    });
    const opened = await edge({}, {}, { elsewhere: () => passOn });
    app = opened.app;
    await app.listen(0, '127.0.0.1');
    const answer = await fetch(`${await app.getUrl()}/reports`);
    expect(answer.status).toBe(status);
    expect(`${JSON.stringify([...answer.headers])}${await answer.text()}`).not.toContain(upstream.host);
    const line = await until('the line is there', () => opened.lines.find(({ path }) => path === '/reports'));
    expect(line).toMatchObject({ status, route: 'elsewhere', failed: expect.stringMatching(why) });
  },
);
