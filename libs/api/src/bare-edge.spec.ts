import { createLogger, NestLogger } from '#platform';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { once as first } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { until } from '../../../test/support/until.js';
import { passThrough, Upstream } from '#edge';
import { closing, listening } from '../../../test/support/http-server.js';
import { BareEdgeModule, configureBareEdge } from './bare-edge.module.js';
import { BoundedAdapter } from './http/bounded-adapter.js';
import type { Elsewhere } from './http/edge.js';
import { requestHistogram } from './http/request-times.js';
import type { RateOptions } from './limits/rate-limits.js';

/* A listener that has no path of its own: all of them, those of the API and of probes too, are an application's. */
const legacy = createServer((request, response) => response.end(`legacy ${request.url}`));
let upstream: Upstream;
let app: NestExpressApplication | undefined;
let lines: Record<string, unknown>[];
let url: string;

beforeAll(async () => {
  upstream = new Upstream(`http://127.0.0.1:${await listening(legacy)}`);
});
afterEach(() => app?.close());
afterAll(async () => {
  upstream.close();
  await closing(legacy);
});

/** With the application behind it, or without anybody. */
async function open(behind: 'the application' | 'nobody', rates: RateOptions = {}): Promise<void> {
  lines = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const logger = createLogger({ level: 'info', destination: { write } });
  const adapter = new BoundedAdapter();
  app = await NestFactory.create<NestExpressApplication>(
    BareEdgeModule.forRoot({ passesOn: true, ...rates }),
    adapter,
    { logger: new NestLogger(logger), bodyParser: false },
  );
  const passOn = passThrough({ upstreamOf: (_request, failed) => (failed.length ? undefined : upstream) });
  const elsewhere: Elsewhere = () => (behind === 'nobody' ? undefined : passOn);
  configureBareEdge(app, adapter, { accessLog: logger, proxies: 0, elsewhere });
  await app.init();
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
}

const ask = async (path: string) => (await fetch(url + path)).status;
const told = async (count: number) => {
  const all = await until(`${count} lines`, () => {
    const own = lines.filter(({ method }) => method !== undefined);
    return own.length >= count ? own : undefined;
  });
  return all.map(({ path, status, route }) => ({ path, status, route }));
};
/** As a scrape has it. */
const counted = () =>
  requestHistogram(app!)
    .read()
    .map(({ labels: { route, status }, count }) => ({ route, status, count }));

const once = { perSecond: 0.001, burst: 1, loopback: true };

it('what it refuses is counted and has its line, as what is passed on has', async () => {
  await open('the application', { perAddress: once });
  expect([await ask('/a'), await ask('/b%2Fc'), await ask('/a')]).toEqual([200, 400, 429]);
  expect(await told(3)).toEqual([
    { path: '/a', status: 200, route: 'elsewhere' },
    { path: '/b%2Fc', status: 400, route: undefined },
    { path: '/a', status: 429, route: 'elsewhere' },
  ]);
  expect(counted()).toEqual([
    { route: 'elsewhere', status: '2xx', count: 1 },
    { route: 'none', status: '4xx', count: 1 },
    { route: 'elsewhere', status: '4xx', count: 1 },
  ]);
});

it('an expectation that nobody knows goes the way of all requests', async () => {
  await open('the application', { perAddress: once });
  const expecting = async () => {
    const asked = get(`${url}/a`, { headers: { Expect: 'miracles' } });
    const [response] = (await first(asked, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  expect([await expecting(), await expecting()]).toEqual([200, 429]);
  expect((await told(2)).map(({ status }) => status)).toEqual([200, 429]);
  expect(counted().map(({ status }) => status)).toEqual(['2xx', '4xx']);
});

it.each([
  ['the application', 200, 'elsewhere'],
  ['nobody', 404, undefined],
] as const)(
  'paths of probes are those of %s: they have a line, are counted, and have a limit',
  async (behind, status, route) => {
    await open(behind, { perAddress: { ...once, burst: 2 } });
    expect([await ask('/health/live'), await ask('/health/ready'), await ask('/health/live')]).toEqual([
      ...[status, status],
      429,
    ]);
    expect(await told(3)).toEqual([
      { path: '/health/live', status, route },
      { path: '/health/ready', status, route },
      { path: '/health/live', status: 429, route },
    ]);
    expect(counted().reduce((sum, { count }) => sum + count, 0)).toBe(3);
  },
);
