import { Ajv2020 } from 'ajv/dist/2020.js';
import { openAdmin, type AdminListener } from '../../../../../test/support/admin.js';
import { ScriptedOperator } from '../../../../../test/support/scripted-operator.js';
import { entry, event, lag, webhook } from '../../../../../test/support/standing.js';
import { commands } from '../../control/commands/commands.js';

interface Document {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Content }>; requestBody?: { content: Content } }>
  >;
  components: { schemas: Record<string, object> };
}
type Content = Record<string, { schema: object }>;

const verbs = Object.keys(commands);

/* What the document of the admin API says is what the listener does. */
const operator = new ScriptedOperator('stock');
let admin: AdminListener;
let document: Document;
const ajv = new Ajv2020({ strict: false, formats: { uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ } });

beforeAll(async () => {
  admin = await openAdmin(operator);
  document = (await (await fetch(`${admin.url}/docs/openapi.json`)).json()) as Document;
  ajv.addSchema({ $id: 'api', components: document.components });
});
afterAll(() => admin.close());

const validator = (schema: object) =>
  ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as object);

it('has every route of the listener, the verbs one by one, and no other', async () => {
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routes = admin
    .routes()
    .filter((route) => !route.includes('/docs'))
    .map((route) => route.replace(/:(module|id|name)/, '{$1}'))
    .flatMap((route) =>
      route.endsWith('{id}/:verb')
        ? ['resubmit', 'discard'].map((verb) => route.replace(':verb', verb))
        : route.endsWith(':verb')
          ? verbs.map((verb) => route.replace(':verb', verb))
          : [route],
    );
  expect(routes.length).toBeGreaterThan(verbs.length + 5);
  // Those three are answered before any route.
  const machines = ['GET /health/live', 'GET /health/ready', 'GET /metrics'];
  for (const route of machines) expect((await fetch(admin.url + route.slice(4))).status).toBe(200);
  expect(listed.sort()).toEqual([...routes, ...machines].sort());
});

it.each([
  ['/modules', '/modules'],
  ['/modules/{module}', '/modules/stock'],
  ['/modules/{module}/history', '/modules/stock/history'],
  ['/modules/{module}/series', '/modules/stock/series?minutes=1&until=2026-01-02T03:04:05Z'],
  ['/modules/{module}/mismatches', '/modules/stock/mismatches'],
  ['/modules/{module}/differences', '/modules/stock/differences'],
  ['/modules/{module}/quarantined', '/modules/stock/quarantined'],
  ['/modules/{module}/parked', '/modules/stock/parked'],
  ['/modules/{module}/sagas', '/modules/stock/sagas'],
  ['/doctor', '/doctor'],
  ['/process', '/process'],
  ['/webhooks', '/webhooks'],
  ['/domain-events', '/domain-events?state=failed&limit=5&since=2026-01-02T03:04:05Z'],
  ['/domain-events/{id}', `/domain-events/${event.id}`],
])('GET %s answers as it says', async (path, url) => {
  operator.entries = [entry(1)];
  operator.differing = [
    {
      at: '2026-01-02T03:04:05Z',
      operation: 'list',
      input: {},
      differences: [{ path: 'a', monolith: 1, extracted: 2 }],
    },
  ];
  operator.findings = [{ module: null, problem: 'p', meaning: 'm', remedy: 'r', repairable: false }];
  operator.eventList = { items: [event], subscribers: [lag] };
  operator.receivers = [webhook, { ...webhook, modules: ['stock'], outcomes: ['failed'], delivered: null }];
  const headers = { authorization: await admin.authorization('admin') };
  const answer = await fetch(admin.url + url, { headers });
  const { schema } = document.paths[path]!.get!.responses[answer.status]!.content!['application/json']!;
  const valid = validator(schema);
  valid(await answer.json());
  expect(valid.errors).toBeNull();
  for (const status of ['401', '403']) expect(document.paths[path]!.get!.responses).toHaveProperty(status);
});

const bodies: Record<string, object> = {
  shift: { percent: 5 },
  failover: { iHaveFencedIt: true },
  'serve-unproven': { iHaveFencedIt: true },
  decommission: { confirm: 'stock' },
  quarantined: { how: 'retry', ids: [1] },
  sagas: { how: 'compensate', ids: ['0190a7d2-0000-7000-8000-000000000001'], reason: 'he has called' },
  mismatches: { clear: true },
  resubmit: { event: event.id, subscriber: 'mails' },
  discard: { event: event.id, subscriber: 'mails' },
  replay: { subscriber: 'mails' },
};

const besideModules: Record<string, [path: string, body: object]> = {
  '/domain-events/{id}/resubmit': [`/domain-events/${event.id}/resubmit`, { subscriber: 'mails' }],
  '/domain-events/{id}/discard': [`/domain-events/${event.id}/discard`, { subscriber: 'mails' }],
  '/domain-events/replay': ['/domain-events/replay', { module: 'stock', subscriber: 'mails' }],
  '/webhooks/{name}/resend': ['/webhooks/pager/resend', {}],
};
const posts: [string, string, object][] = [
  ...verbs.map((verb): [string, string, object] => [
    ...([`/modules/{module}/${verb}`, `/modules/stock/${verb}`] as const),
    bodies[verb] ?? {},
  ]),
  ...Object.entries(besideModules).map(([path, [url, good]]): [string, string, object] => [path, url, good]),
];

it.each(posts)('POST %s takes the body and answers as it says', async (path, url, good) => {
  operator.eventList = { items: [event], subscribers: [] };
  operator.receivers = [webhook];
  const { requestBody, responses } = document.paths[path]!.post!;
  const authorization = await admin.authorization('admin');
  const post = (body: object) =>
    fetch(admin.url + url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  for (const body of [
    good,
    { ...good, dryRun: true },
    { ...good, nonsense: 1 },
    { ...good, dryRun: 'yes' },
  ]) {
    const allowed = validator(requestBody!.content['application/json']!.schema)(body);
    const answer = await post(body);
    expect([body, answer.status < 400]).toEqual([body, allowed]);
    const [type] = (answer.headers.get('content-type') ?? '').split(';');
    const valid = validator(responses[answer.status]!.content![type!]!.schema);
    valid(await answer.json());
    expect(valid.errors).toBeNull();
  }
  operator.refusal = 'not now';
  expect((await post(good)).status).toBe(409);
  operator.refusal = undefined;
  expect(responses).toMatchObject({ '401': {}, '403': {}, '404': {}, '409': {} });
});
