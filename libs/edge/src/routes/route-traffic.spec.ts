import { Logger } from '@nestjs/common';
import express from 'express';
import { createServer, type RequestListener, type Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { freePort } from '../../../../test/support/ports.js';
import { pause, until } from '../../../../test/support/until.js';
import { guard } from '../guard.js';
import { passThrough } from '../pass-through.js';
import { closing, listening } from '../../../../test/support/http-server.js';
import { defaultRules } from '../pool/rules.js';
import { UpstreamPools } from '../pool/upstream-pools.js';
import { RouteTraffic } from './route-traffic.js';
import { aRoute, aRow } from './routes.fixture.js';
import { ShadowCopies } from './shadow-copies.js';

const servers: Server[] = [];
const counted: { upstream: string; failed: boolean }[] = [];
const comparisons: { compared: number; mismatches: number; unavailable: number }[] = [];
const kept: unknown[] = [];
let copies: ShadowCopies;
let pools: UpstreamPools;
let traffic: RouteTraffic;
const checks = { ...defaultRules.checks, everyMs: 3_600_000 };

beforeAll(() => Logger.overrideLogger(false));
beforeEach(() => {
  pools = new UpstreamPools({ checkPath: '/', rules: { checks } });
  counted.length = comparisons.length = kept.length = 0;
  const addComparisons = async (deltas: readonly (typeof comparisons)[number][]) =>
    void comparisons.push(...deltas);
  copies = new ShadowCopies({ addComparisons }, { keep: async (...sample) => void kept.push(sample) });
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map(closing));
  await copies.stop();
  pools.close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  return `http://127.0.0.1:${await listening(server)}`;
}

/** Nobody listens there. */
const deadOrigin = async () => `http://127.0.0.1:${await freePort()}`;

type Parts = Partial<Parameters<typeof aRoute>[0]> & {
  percent: number;
  tryMs?: number;
  totalMs?: number;
  idleMs?: number;
};

async function gateway(
  legacy: string,
  next: string,
  { percent, tryMs, totalMs = 600_000, idleMs = 60_000, ...more }: Parts,
): Promise<string> {
  const row = aRow({ percent, wanted: { percent, by: 'operator', actor: 'ann' } });
  const route = aRoute({ upstreams: { legacy: legacy.split(','), new: next.split(',') }, ...more });
  traffic = new RouteTraffic({
    ...{ board: { entries: [{ route, row, at: row }] }, copies, servedBy: true, pools },
    userOf: async ({ headers }) => headers.authorization,
    record: (_path, upstream, _ms, failed) => void counted.push({ upstream, failed }),
  });
  const app = express();
  const { choose: upstreamOf, mayMove, done: onDone } = traffic;
  const passOn = passThrough({ upstreamOf, mayMove, onDone, times: { tryMs, totalMs, idleMs } });
  app.use(guard, traffic.handler, passOn);
  const server = createServer(app);
  servers.push(server);
  return `http://127.0.0.1:${await listening(server)}`;
}

const beta = { header: 'x-user-group', equals: 'beta' };
const named = (name: string) => serve((_request, response) => void response.end(name));

it('a GET that the new upstream does not take is answered by the old one, and counts as a failure of the new one', async () => {
  const url = await gateway(await named('legacy'), await deadOrigin(), { percent: 99 });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      fetch(`${url}/reports`, { headers: { authorization: `user ${i}` } }),
    ),
  );
  expect(new Set(await Promise.all(answers.map((answer) => answer.text())))).toEqual(new Set(['legacy']));
  expect(answers.every((answer) => answer.headers.get('x-served-by') === '/reports=legacy')).toBe(true);
  expect(counted.filter(({ upstream, failed }) => upstream === 'new' && failed).length).toBeGreaterThan(10);
});

it('once everybody is there nobody falls back, and a write never does', async () => {
  const [legacy, dead] = [await named('legacy'), await deadOrigin()];
  const all = await gateway(legacy, dead, { percent: 100 });
  expect((await fetch(`${all}/reports`)).status).toBe(502);
  const shared = await gateway(legacy, dead, { percent: 99, sharedStore: true });
  const post = (i: number) =>
    fetch(`${shared}/reports`, { method: 'POST', headers: { authorization: `user ${i}` }, body: 'x' });
  const statuses = await Promise.all(Array.from({ length: 10 }, async (_, i) => (await post(i)).status));
  expect(statuses).toContain(502);
});

const asUsers = (url: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      fetch(`${url}/reports`, { headers: { authorization: `user ${i}` } }),
    ),
  );

it('a copy that is gone costs an upstream nothing: another one answers, and that is no failure', async () => {
  const next = `${await deadOrigin()},${await named('new')}`;
  const url = await gateway(await named('legacy'), next, { percent: 100 });
  for (let i = 0; i < 10; i++) expect(await (await fetch(`${url}/reports`)).text()).toBe('new');
  expect(traffic.counts).toEqual([{ route: '/reports', upstream: 'new', outcome: 'answered', requests: 10 }]);
  expect(counted).toEqual(Array.from({ length: 10 }, () => ({ upstream: 'new', failed: false })));
});

it('while the breaker of the new upstream is open its readers are answered by the old one, and it goes on failing', async () => {
  const url = await gateway(await named('legacy'), await deadOrigin(), { percent: 99 });
  await asUsers(url, 20);
  const isOpen = () => pools.all.some(({ figures }) => figures.open);
  while (!isOpen()) await asUsers(url, 20);
  counted.length = 0;
  const answers = await asUsers(url, 20);
  expect(new Set(await Promise.all(answers.map((answer) => answer.text())))).toEqual(new Set(['legacy']));
  expect(counted.filter(({ upstream, failed }) => upstream === 'new' && failed).length).toBeGreaterThan(10);
  expect(traffic.counts.map(({ outcome }) => outcome)).toContain('open');
});

it('a new upstream that says 503 is asked once, and then the old one', async () => {
  let asked = 0;
  const busy = await serve((_request, response) => {
    asked++;
    response.writeHead(503).end();
  });
  const url = await gateway(await named('legacy'), busy, { percent: 99, cohorts: [beta] });
  const answer = await fetch(`${url}/reports`, { headers: { 'x-user-group': 'beta' } });
  expect([answer.status, await answer.text(), asked]).toEqual([200, 'legacy', 1]);
  expect(counted).toEqual([
    { upstream: 'new', failed: true },
    { upstream: 'legacy', failed: false },
  ]);
});

it('a GET that the new upstream keeps waiting is answered by the old one, a POST is not', async () => {
  const heard: (string | undefined)[] = [];
  const silent = await serve(({ method }) => void heard.push(method));
  const parts = { percent: 99, cohorts: [beta], sharedStore: true, tryMs: 20 };
  const url = await gateway(await named('legacy'), silent, parts);
  const headers = { 'x-user-group': 'beta' };
  expect(await (await fetch(`${url}/reports`, { headers })).text()).toBe('legacy');
  expect(counted).toEqual([
    { upstream: 'new', failed: true },
    { upstream: 'legacy', failed: false },
  ]);
  const gone = new AbortController();
  const post = fetch(`${url}/reports`, { headers, method: 'POST', signal: gone.signal }).catch(() => 'gone');
  await until('it is sent', () => heard.includes('POST') || undefined);
  await pause(60);
  gone.abort();
  expect([await post, heard]).toEqual(['gone', ['GET', 'POST']]);
});

it('what the new upstream is slow with is not given up while nobody else would answer it', async () => {
  const slow = await serve((_request, response) => void pause(200).then(() => response.end('new')));
  const url = await gateway(await deadOrigin(), slow, { percent: 1, cohorts: [beta], tryMs: 20 });
  const isOpen = () => pools.all.some(({ figures }) => figures.open);
  while (!isOpen()) await asUsers(url, 20);
  const answer = await fetch(`${url}/reports`, { headers: { 'x-user-group': 'beta' } });
  expect([answer.status, await answer.text()]).toEqual([200, 'new']);
});

it("a browser's mark stands beside the cookies of an application, and is not given twice", async () => {
  const origin = await serve((_request, response) => {
    response.setHeader('Set-Cookie', ['session=1', 'theme=dark']);
    response.end();
  });
  const url = await gateway(origin, origin, { percent: 50 });
  const cookies = (headers: Record<string, string> = {}) =>
    fetch(`${url}/reports`, { headers }).then((answer) => answer.headers.getSetCookie());
  const first = await cookies();
  expect(first).toEqual([
    'session=1',
    'theme=dark',
    expect.stringMatching(/^strangler_bucket=[\w-]{22}; Path=\/;/),
  ]);
  expect(await cookies({ cookie: first[2]!.split(';')[0]! })).toEqual(['session=1', 'theme=dark']);
  expect(await cookies({ cookie: 'strangler_bucket=mine' })).toHaveLength(3);
});

it('a cache in front keeps the answers of the two apart', async () => {
  const vary = async (parts: Parts) =>
    (await fetch(`${await gateway(await named('legacy'), await named('new'), parts)}/reports`)).headers.get(
      'vary',
    );
  expect(await vary({ percent: 50, cohorts: [beta] })).toBe('x-user-group, Authorization, Cookie');
  expect(await vary({ percent: 0, cohorts: [beta] })).toBe('x-user-group');
  expect(await vary({ percent: 100, cohorts: [] })).toBeNull();
});

it('a person is the same one in two browsers; an address is nobody', async () => {
  const url = await gateway(await named('legacy'), await named('new'), { percent: 50 });
  const by = async (headers: Record<string, string>) => (await fetch(`${url}/reports`, { headers })).text();
  for (const user of ['ann', 'bob', 'eve']) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => by({ authorization: user })));
    expect(new Set(answers).size).toBe(1);
  }
  const nobody = await Promise.all(Array.from({ length: 40 }, () => by({})));
  expect(new Set(nobody).size).toBe(2);
});

it.each([
  ['an answer without an end is no failure of the upstream', 'text/plain', { totalMs: 600 }, false],
  [
    'a stream of events in which none comes is no failure either',
    'text/event-stream',
    { idleMs: 600 },
    false,
  ],
  ['any other answer that stops in the middle is one', 'text/plain', { idleMs: 600 }, true],
])('%s', async (_what, type, times, failed) => {
  const stream = await serve((_request, response) => {
    response.setHeader('Content-Type', type);
    response.write('.');
  });
  const url = await gateway(stream, await named('new'), { percent: 0, ...times });
  await fetch(`${url}/reports`)
    .then((answer) => answer.text())
    .catch(() => undefined);
  await until('it is over', async () => (counted.length > 0 ? true : undefined));
  expect(counted).toEqual([{ upstream: 'legacy', failed }]);
});

it('a client who gives up is no failure of the upstream', async () => {
  let heard = 0;
  const url = await gateway(await serve(() => heard++), await named('new'), { percent: 0 });
  const gone = new AbortController();
  const asked = fetch(`${url}/reports`, { signal: gone.signal }).catch(() => undefined);
  await until('it waits', async () => (heard > 0 ? true : undefined));
  gone.abort();
  await asked;
  await until('it is over', async () => (counted.length > 0 ? true : undefined));
  expect(counted).toEqual([{ upstream: 'legacy', failed: false }]);
});

describe('copies', () => {
  const json = (body: string, more: Record<string, string> = {}) =>
    serve((_request, response) => {
      const bytes = more['content-encoding'] === 'gzip' ? gzipSync(body) : body;
      response.writeHead(200, { 'content-type': 'application/json', ...more }).end(bytes);
    });
  const shadow = { percent: 0, shadow: 1 };
  const total = () =>
    comparisons.reduce(
      (sum, each) => ({
        compared: sum.compared + each.compared,
        mismatches: sum.mismatches + each.mismatches,
        unavailable: sum.unavailable + each.unavailable,
      }),
      { compared: 0, mismatches: 0, unavailable: 0 },
    );

  it('the same JSON in other clothes is the same', async () => {
    const gzip = await json('{"a":1,"b":[2]}', { 'content-encoding': 'gzip' });
    const url = await gateway(gzip, await json('{ "b": [2], "a": 1 }'), shadow);
    expect(await (await fetch(`${url}/reports`)).json()).toEqual({ a: 1, b: [2] });
    await copies.stop();
    expect(total()).toEqual({ compared: 1, mismatches: 0, unavailable: 0 });
  });

  it('is sent once the client has all of his answer, and not before', async () => {
    let end = () => undefined as unknown;
    const slow = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('[1,');
      end = () => response.end('2]');
    });
    let asked = 0;
    const other = await serve((_request, response) => {
      asked++;
      response.writeHead(200, { 'content-type': 'application/json' }).end('[1,2]');
    });
    const answer = await fetch(`${await gateway(slow, other, shadow)}/reports`);
    expect(asked).toBe(0);
    end();
    expect(await answer.json()).toEqual([1, 2]);
    await until('it is copied', () => asked > 0 || undefined);
    await copies.stop();
    expect([asked, total()]).toEqual([1, { compared: 1, mismatches: 0, unavailable: 0 }]);
  });

  it('of what the gateway itself refuses there is none', async () => {
    let asked = 0;
    const other = await serve((_request, response) => void (asked++, response.end('{}')));
    const url = await gateway(await deadOrigin(), other, shadow);
    expect((await fetch(`${url}/reports`)).status).toBe(502);
    await copies.stop();
    expect(asked).toBe(0);
  });

  it('one that differs is kept without its values', async () => {
    const url = await gateway(await json('{"name":"Ann"}'), await json('{"name":"Bob"}'), shadow);
    await (await fetch(`${url}/reports?of=ann`)).text();
    await copies.stop();
    expect(total().mismatches).toBe(1);
    expect(JSON.stringify(kept)).toContain('name');
    expect(JSON.stringify(kept)).not.toMatch(/ann|bob/i);
  });

  it('who does not answer, or with too much, has said nothing; the client has his answer', async () => {
    const large = `"${'x'.repeat(2_000_000)}"`;
    const toLarge = await gateway(await json('{}'), await json(large), shadow);
    const toDead = await gateway(await json('{}'), await deadOrigin(), shadow);
    expect(await (await fetch(`${toLarge}/reports`)).json()).toEqual({});
    expect(await (await fetch(`${toDead}/reports`)).json()).toEqual({});
    await copies.stop();
    expect(total()).toEqual({ compared: 0, mismatches: 0, unavailable: 2 });
  });

  it('of an upstream that hangs no more than eight are under way', async () => {
    let waiting = 0;
    const hanging = await serve(() => {
      waiting++;
    });
    const url = await gateway(await json('{}'), hanging, shadow);
    await Promise.all(Array.from({ length: 30 }, async () => (await fetch(`${url}/reports`)).json()));
    await until('they are asked', async () => (waiting > 0 ? true : undefined));
    await (await fetch(`${url}/reports`)).json();
    expect(waiting).toBeLessThanOrEqual(8);
    await closing(servers.splice(1, 1)[0]!);
  });

  it('of a HEAD is a HEAD, and its status is compared', async () => {
    const methods: (string | undefined)[] = [];
    const other = (status: number) =>
      serve(({ method }, response) => {
        methods.push(method);
        response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end();
      });
    const legacy = await json('{}', { 'content-encoding': 'gzip' });
    for (const status of [200, 404]) {
      const url = await gateway(legacy, await other(status), shadow);
      await fetch(`${url}/reports`, { method: 'HEAD' });
      await copies.stop();
    }
    expect(methods).toEqual(['HEAD', 'HEAD']);
    expect(total()).toEqual({ compared: 2, mismatches: 1, unavailable: 0 });
    expect(kept).toEqual([['/reports', 'HEAD', null, [expect.objectContaining({ path: 'status' })]]]);
  });

  it('what depends on what a client has, and what changes something, is not copied', async () => {
    let asked = 0;
    const url = await gateway(
      await json('{}'),
      await serve((_request, response) => {
        asked++;
        response.end();
      }),
      shadow,
    );
    for (const header of ['range', 'if-none-match', 'if-modified-since'])
      await (await fetch(`${url}/reports`, { headers: { [header]: 'x' } })).text();
    await (await fetch(`${url}/reports`, { method: 'POST' })).text();
    await copies.stop();
    expect(asked).toBe(0);
  });
});
