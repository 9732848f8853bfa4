import type { NestExpressApplication } from '@nestjs/platform-express';
import { until } from '../../../../test/support/until.js';
import type { RateOptions } from './rate-limits.js';
import { RequestTimes } from '../http/request-times.js';
import { ann, bearer, bob, edge, signingKey, type SigningKey } from '../testing/edge.js';

/* What is passed on to an application that is not ours. */
let app: NestExpressApplication;
let key: SigningKey;
let url: string;
let lines: Awaited<ReturnType<typeof edge>>['lines'];
beforeAll(async () => {
  key = await signingKey();
});
afterEach(() => app.close());

/** So slow that nothing comes back while a test runs. */
const few = (burst: number) => ({ perSecond: 0.01, burst, loopback: true });

async function gateway(rates: RateOptions): Promise<void> {
  ({ app, lines } = await edge(
    { users: { jwks: async () => ({ keys: [key.jwk] }) } },
    { rates: { ...rates, passesOn: true } },
    {
      elsewhere: () => (_request, response, _next, own) =>
        void response.writeHead(200, [...own!.toClient]).end('passed'),
    },
  ));
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
}
const ask = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(`${url}${path}`, init);
  return { status: answer.status, limits: answer.headers.get('ratelimit'), body: await answer.text() };
};
const statuses = async (...asked: [path: string, init?: RequestInit][]) => {
  const seen: number[] = [];
  for (const [path, init] of asked) seen.push((await ask(path, init)).status);
  return seen;
};

it('a route is a path and what is below it, by method; of two the longer one counts', async () => {
  await gateway({
    perAddress: few(99),
    perRoute: { 'GET /reports/*': few(2), 'GET /reports/large/*': few(1), '*': few(1) },
  });
  expect(await statuses(['/reports'], ['/Reports/7'], ['/reports/8'])).toEqual([200, 200, 429]);
  expect(await statuses(['/reports/large'], ['/reports/large/1'], ['/reportsx'], ['/reportsx'])).toEqual([
    200, 429, 200, 200,
  ]);
  expect(await statuses(['/reports', { method: 'POST' }], ['/reports', { method: 'HEAD' }])).toEqual([
    200, 429,
  ]);
  const refused = await ask('/reports');
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'rate_limited', data: { policy: 'route' } });
  expect(refused.limits).toMatch(/^"address";r=\d+;t=\d+, "route";r=0;t=\d+$/);
});

it('a user is counted by a token of ours wherever it goes; what else is a token is the application’s affair', async () => {
  await gateway({ perUser: few(2) });
  const as = async (authorization: string | Promise<string>) => ({
    headers: { authorization: await authorization },
  });
  const own = await as(bearer(key, ann));
  expect(await statuses(['/a', own], ['/b', own], ['/c', own])).toEqual([200, 200, 429]);
  expect(JSON.parse((await ask('/a', own)).body)).toMatchObject({ data: { policy: 'user' } });
  const others = [
    await as(bearer(key, bob)),
    await as('Bearer not-ours'),
    await as(bearer(await signingKey(), ann)),
    {},
  ];
  for (const other of others) expect((await ask('/a', other)).status).toBe(200);
  const logged = await until('all lines are there', () => (lines.length < 8 ? undefined : lines));
  expect(logged.map(({ user }) => user)).toEqual([ann, ann, ann, ann, bob, undefined, undefined, undefined]);
});

it('a path of the API that cannot be decoded is refused, and ends nothing', async () => {
  await gateway({});
  expect(await statuses(['/api/v1/products/%FF'], ['/api/v1/users/%', { method: 'PATCH' }], ['/a'])).toEqual([
    400, 400, 200,
  ]);
});

it('a limit of what is passed on stops the start where nothing is', async () => {
  await gateway({});
  const rates = { perRoute: { 'GET /reports/*': few(1) } };
  await expect(edge({}, { rates })).rejects.toThrow('RATE_PER_ROUTE: there is no route GET /reports/*');
});

it('how long requests took is told by pattern, whatever paths and methods somebody makes up', async () => {
  await gateway({});
  await statuses(
    ['/reports/1'],
    ['/reports/2'],
    ['/api/v1/products/A1'],
    ['/api/v1/products/A2'],
    ['/api/v1/nothing'],
  );
  await ask('/reports', { method: 'MADE-UP' }).catch(() => undefined);
  const told = app.get(RequestTimes).figures.map(({ labels, count }) => ({ ...labels, count }));
  expect(told).toEqual(
    expect.arrayContaining([
      { method: 'GET', route: 'elsewhere', status: '2xx', count: 3 },
      { method: 'GET', route: '/api/v1/products/:sku', status: '5xx', count: 2 },
    ]),
  );
  expect(told).toHaveLength(2);
});
