import request from 'supertest';
import { openAdmin, type AdminListener } from '../../../../test/support/admin.js';
import { ScriptedOperator } from '../../../../test/support/scripted-operator.js';
import { BusyError } from '../control/terms/refused.js';
import { entry, quietSeries, runningProcess } from '../../../../test/support/standing.js';

let operator: ScriptedOperator;
let admin: AdminListener;
let authorization: string;

beforeEach(async () => {
  operator = new ScriptedOperator('stock', 'desk');
  admin = await openAdmin(operator);
  authorization = await admin.authorization('admin');
});
afterEach(() => admin.close());

const get = (path: string) => request(admin.url).get(path).set({ authorization });
const post = (path: string, body?: object) => request(admin.url).post(path).set({ authorization }).send(body);
const problem = (answer: { text: string }) => JSON.parse(answer.text) as Record<string, unknown>;

describe('looking', () => {
  it('lists where all modules stand', async () => {
    const answer = await get('/modules');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ items: [...operator.statuses.values()] });
  });

  it('tells where one stands', async () => {
    expect((await get('/modules/desk')).body).toEqual(operator.statuses.get('desk'));
  });

  it.each([
    '/modules/nothing',
    '/modules/nothing/history',
    '/modules/nothing/series',
    '/modules/nothing/quarantined',
    '/doctor?module=nothing',
  ])('GET %s: there is no such module', async (path) => {
    const answer = await get(path);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(problem(answer)).toMatchObject({
      status: 404,
      code: 'not_found',
      detail: 'there is no module nothing',
    });
  });

  it('tells what the process is and works with, whatever is away', async () => {
    expect((await get('/process')).body).toEqual(runningProcess);
  });

  it('gives as much of a history as is asked for', async () => {
    operator.entries = [1, 2, 3].map((id) => entry(id, { module: 'stock' }));
    expect((await get('/modules/stock/history')).body).toEqual({ items: operator.entries });
    expect((await get('/modules/stock/history?limit=2')).body).toEqual({
      items: operator.entries.slice(0, 2),
    });
    for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=1&limit=2', 'dryRun=true']) {
      expect((await get(`/modules/stock/history?${query}`)).status).toBe(400);
    }
  });

  it('gives the last quarter of an hour over time, or what is asked for of the last day', async () => {
    const answer = await get('/modules/stock/series');
    expect(answer.body).toEqual(quietSeries('stock'));
    const asked = 'minutes=1440&until=2026-01-02T04:04:05.678%2B01:00';
    expect((await get(`/modules/desk/series?${asked}`)).body).toEqual(quietSeries('desk'));
    expect(operator.ranges).toEqual([
      { minutes: 15 },
      { minutes: 1_440, until: '2026-01-02T04:04:05.678+01:00' },
    ]);
  });

  it.each([
    ...['minutes=0', 'minutes=1441', 'minutes=1.5', 'minutes=x', 'minutes=', 'minutes=1&minutes=2'],
    ...['until=yesterday', 'until=2026-01-02', 'until=2026-13-02T03:04:05Z', 'until=2026-02-30T03:04:05Z'],
    ...['until=2026-01-02T25:04:05Z', 'until=1767323045', 'since=2026-01-02T03:04:05Z'],
  ])('GET /modules/stock/series?%s is refused', async (query) => {
    const answer = await get(`/modules/stock/series?${query}`);
    expect(problem(answer)).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(operator.ranges).toEqual([]);
  });

  it('gives mismatches, quarantined rows and findings', async () => {
    operator.differing = [{ at: '2026-01-02T03:04:05Z', operation: 'get', input: 1, differences: [] }];
    operator.quarantinedRows = [
      {
        id: 1,
        table: 't',
        pk: ['a'],
        key: 'a',
        reason: 'too large',
        at: '2026-01-02T03:04:05Z',
        side: 'monolith',
      },
    ];
    operator.findings = ['stock', 'desk'].map((module) => ({
      module,
      problem: 'p',
      meaning: 'm',
      remedy: 'r',
      repairable: true,
    }));
    expect((await get('/modules/stock/mismatches')).body).toEqual({ items: operator.differing });
    // By its former name, too.
    for (const name of ['quarantined', 'parked'])
      expect((await get(`/modules/stock/${name}`)).body).toEqual({ items: operator.quarantinedRows });
    expect((await get('/doctor')).body).toEqual({ items: operator.findings });
    expect((await get('/doctor?module=desk')).body).toEqual({ items: operator.findings.slice(1) });
  });
});

describe('acting', () => {
  it.each([
    ['run', {}, { verb: 'run' }, 202],
    [
      'run',
      { settings: { ramp: [50], bake: '1s', gates: { minSamples: 0 } } },
      { verb: 'run', settings: { ramp: [50], bake: '1s', gates: { minSamples: 0 } } },
      202,
    ],
    ['advance', {}, { verb: 'advance' }, 202],
    ['shift', { percent: 25 }, { verb: 'shift', percent: 25 }, 202],
    ['pause', {}, { verb: 'pause' }, 200],
    ['resume', {}, { verb: 'resume' }, 200],
    ['abort', {}, { verb: 'abort' }, 202],
    ['rollback', {}, { verb: 'rollback' }, 202],
    ['rollback', { to: 'shadow' }, { verb: 'rollback', to: 'shadow' }, 202],
    ['failover', { iHaveFencedIt: true }, { verb: 'failover', iHaveFencedIt: true }, 202],
    ['verify', {}, { verb: 'verify' }, 202],
    ['verify', { repair: true }, { verb: 'verify', repair: true }, 202],
    ['decommission', { confirm: 'stock' }, { verb: 'decommission', confirm: 'stock' }, 202],
    [
      'decommission',
      { confirm: 'stock', purge: true },
      { verb: 'decommission', confirm: 'stock', purge: true },
      202,
    ],
    ['quarantined', { how: 'retry', ids: [1] }, { verb: 'quarantined', how: 'retry', ids: [1] }, 200],
    ['parked', { how: 'retry', ids: [1, 2] }, { verb: 'quarantined', how: 'retry', ids: [1, 2] }, 200],
    ['mismatches', { clear: true }, { verb: 'mismatches', clear: true }, 200],
    ['doctor', {}, { verb: 'doctor' }, 202],
    ['doctor', { repair: true }, { verb: 'doctor', repair: true }, 202],
  ])('%s %j', async (verb, body, action, status) => {
    const answer = await post(`/modules/stock/${verb}`, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      module: 'stock',
      verb: action.verb,
      dryRun: false,
      plan: ['first this', 'then that'],
    });
    expect(operator.acts).toEqual([{ module: 'stock', action, actor: admin.subject, dryRun: false }]);
    const dry = await post(`/modules/stock/${verb}`, { ...body, dryRun: true });
    expect(dry.status).toBe(200);
    expect(operator.acts[1]).toEqual({ module: 'stock', action, actor: admin.subject, dryRun: true });
  });

  it('takes no body for an empty one', async () => {
    expect((await post('/modules/stock/run')).status).toBe(202);
    expect(operator.acts).toHaveLength(1);
  });

  it.each([
    ['run', { dryrun: true }],
    ['run', { settings: { bake: 'a while' } }],
    ['run', { settings: { phase: 'extracted' } }],
    ['run', { dryRun: 'yes' }],
    ['run', { actor: 'somebody else' }],
    ['run', []],
    ['shift', {}],
    ['shift', { percent: 101 }],
    ['shift', { percent: '25' }],
    ['rollback', { to: 'nowhere' }],
    ['failover', {}],
    ['failover', { iHaveFencedIt: 1 }],
    ['decommission', {}],
    ['quarantined', { how: 'retry' }],
    ['quarantined', { how: 'retry', ids: [] }],
    ['parked', { how: 'forget', ids: [1] }],
    ['verify', { repair: true, percent: 5 }],
  ])('%s refuses %j and does nothing', async (verb, body) => {
    const answer = await post(`/modules/stock/${verb}`, body);
    expect(problem(answer)).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(operator.acts).toEqual([]);
  });

  it('a wish to look only that was not understood does not become an action', async () => {
    const form = request(admin.url).post('/modules/stock/run').set({ authorization }).type('form');
    expect((await form.send('{"dryRun":true}')).status).toBe(415);
    expect((await post('/modules/stock/run?dryRun=true')).status).toBe(400);
    expect(operator.acts).toEqual([]);
  });

  it.each(['walk', 'constructor', '__proto__'])('there is no verb %s', async (verb) => {
    expect((await post(`/modules/stock/${verb}`)).status).toBe(404);
  });

  it('what is not legal now is refused with the reason', async () => {
    operator.refusal = 'stock is degraded: wait until the other side confirms again';
    expect(problem(await post('/modules/stock/advance'))).toMatchObject({
      type: '/problems/refused',
      status: 409,
      code: 'refused',
      detail: operator.refusal,
    });
  });

  it('acts on no module that is not there', async () => {
    expect((await post('/modules/nothing/run')).status).toBe(404);
  });

  it('what went wrong inside stays inside', async () => {
    operator.fault = new Error('password=secret');
    const answer = await post('/modules/stock/run');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('secret');
  });

  it('too many who ask the same at a time are told that, and no fault', async () => {
    operator.fault = new BusyError('too many ask');
    expect(problem(await get('/modules/stock/series'))).toMatchObject({
      ...{ status: 503, code: 'unavailable', detail: 'too many ask' },
    });
  });

  it('a database that is away is no fault of the shop', async () => {
    operator.fault = Object.assign(new Error('the database system is starting up'), { code: '57P03' });
    expect(problem(await post('/modules/stock/run'))).toMatchObject({
      status: 503,
      code: 'unavailable',
      detail: 'the database of this side does not answer; what was done stands in the history',
    });
  });
});

describe('who may', () => {
  it.each(['/modules', '/modules/stock', '/modules/stock/series', '/doctor', '/process', '/events'])(
    'GET %s takes an admin',
    async (path) => {
      expect((await request(admin.url).get(path)).status).toBe(401);
      const user = await admin.authorization('user');
      expect((await request(admin.url).get(path).set('authorization', user)).status).toBe(403);
    },
  );

  it('an action takes an admin', async () => {
    const user = await admin.authorization('user');
    const answer = await request(admin.url).post('/modules/stock/run').set('authorization', user);
    expect(answer.status).toBe(403);
    expect(operator.acts).toEqual([]);
  });

  it('the actor is who the token says, whatever headers say', async () => {
    await post('/modules/stock/run').set({ 'X-User-Id': 'eve', 'X-Actor': 'eve' });
    expect(operator.acts[0]?.actor).toBe(admin.subject);
  });
});

const manyFields = JSON.stringify(Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${i}`, 1])));

it.each<[string, string, string, number]>([
  ['more than 32 kB', JSON.stringify({ a: 'x'.repeat(33_000) }), 'application/json', 413],
  ['no JSON', 'percent=5', 'application/x-www-form-urlencoded', 415],
  ['half a JSON', '{"percent":', 'application/json', 400],
  ['two thousand unknown fields', manyFields, 'application/json', 400],
])('%s is refused in few words', async (_what, body, type, status) => {
  const answer = await request(admin.url)
    .post('/modules/stock/shift')
    .set({ authorization, 'content-type': type })
    .send(body);
  expect(answer.status).toBe(status);
  expect(answer.text.length).toBeLessThan(16_384);
  expect(operator.acts).toEqual([]);
});
