import { PlainBody } from '../../control/commands/bodies.js';
import { commands, type AnyCommand } from '../../control/commands/commands.js';
import { deliveryStates } from '../../calls/events/event-views.js';
import { OneDeliveryBody, ReplayOfModuleBody } from '../domain-events.controller.js';
import { answers } from './answers.js';
import {
  listOf,
  nullable,
  numberSchema,
  object,
  oneOf,
  schemaOf,
  text,
  type OpenApiSchema,
} from './schema.js';

type Answers = keyof typeof answers;
type Responses = Readonly<Record<string, object>>;

const ref = (name: Answers): OpenApiSchema => ({ $ref: `#/components/schemas/${name}` });
const json = (description: string, schema: OpenApiSchema) => ({
  description,
  content: { 'application/json': { schema } },
});
const items = (name: Answers) => object({ items: listOf(ref(name)) });

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
});
const refusals = {
  '401': problem('There is no valid token.'),
  '403': problem('The token is of a role that may not do this.'),
};
const noModule = { '404': problem('There is no such module.') };
const badInput = { '400': problem('The input breaks a rule; it says which.') };

const named = { name: 'module', in: 'path', required: true, schema: text };
const inQuery = (name: string, description: string, schema: OpenApiSchema) => ({
  ...{ name, in: 'query', description, schema },
});

const get = (summary: string, success: object, more: Responses = {}, parameters: readonly object[] = []) => ({
  get: { summary, parameters, responses: { '200': success, ...refusals, ...more } },
});

/** Verbs that the command line has under `events`. */
const ofEvents: ReadonlySet<string> = new Set(['resubmit', 'discard', 'replay']);

/** What an action takes, and how it is answered. */
function action(
  verb: string,
  { body, atOnce }: Pick<AnyCommand, 'body' | 'atOnce'>,
  parameters: readonly object[] = [named],
  answer: Answers = 'ActionAnswer',
): object {
  const schema = schemaOf(body);
  const needed = 'required' in schema;
  const done = atOnce ? 'Done.' : 'With dryRun: what would be done.';
  return {
    post: {
      summary: `As: strangler ${ofEvents.has(verb) ? 'events ' : ''}${verb}`,
      description: 'For admins. The answer is the plan, step by step, in words.',
      parameters,
      requestBody: { required: needed, content: { 'application/json': { schema } } },
      responses: {
        '200': json(done, ref(answer)),
        ...(!atOnce && { '202': json('Accepted: it has begun.', ref(answer)) }),
        ...{ ...badInput, ...refusals, ...noModule },
        '409': problem('It is not legal now: the reason, and what would make it legal.'),
        '415': problem('The body is not JSON.'),
      },
    },
  };
}

const stream = {
  description:
    'Server-sent events: `entry` (a HistoryEntry), `status` (all modules, every second or two), `failure` (why that cannot be told). Ends after a minute: come again with `Last-Event-ID`, and say again who you are; entries since that one come first.',
  content: { 'text/event-stream': { schema: text } },
};
const open = (summary: string, responses: Responses) => ({ get: { summary, security: [], responses } });
const state = json('It is.', object({ status: text }));
const limit = inQuery('limit', 'So many, the newest first; 100 when nothing is said.', {
  ...numberSchema,
  ...{ type: 'integer', minimum: 1, maximum: 1_000 },
});

const before = { ...numberSchema, ...{ type: 'integer', minimum: 1 } };

const quarantined = get('Rows that cannot be applied', json('Success', items('QuarantinedRow')), noModule, [
  named,
]);

const filters = [
  inQuery('module', 'Of this module alone.', text),
  inQuery('type', 'Of this type alone, as `parcels.sent`.', text),
  inQuery('key', 'Of this routing key alone.', text),
  inQuery('subscriber', 'On their way to this module alone.', text),
  inQuery('state', 'In this state alone.', oneOf(deliveryStates)),
  inQuery('since', 'Told at this time or later, RFC 3339.', text),
];
const eventId = { name: 'id', in: 'path', required: true, schema: text };
/** Sides that gave no answer: what they have is in no list. */
const silent = { silent: listOf(ref('SilentSide')) };
const noEvent = { '404': problem('There is no such event, or no longer.') };

const paths = {
  '/domain-events': get(
    'What modules have told, and where it is on its way to each subscriber',
    json(
      'Success',
      object({ items: listOf(ref('EventView')), subscribers: listOf(ref('SubscriberLag')), ...silent }),
    ),
    { ...badInput, ...noModule },
    [...filters, limit],
  ),
  '/domain-events/{id}': get(
    'One event, and where it is on its way to each subscriber',
    json('Success', items('EventView')),
    { ...badInput, ...noEvent },
    [eventId],
  ),
  '/domain-events/{id}/resubmit': action('resubmit', { body: OneDeliveryBody, atOnce: true }, [eventId]),
  '/domain-events/{id}/discard': action('discard', { body: OneDeliveryBody, atOnce: true }, [eventId]),
  '/domain-events/replay': action('replay', { body: ReplayOfModuleBody, atOnce: true }, []),
  '/webhooks': get('Who is told of history entries, and how far that is', json('Success', items('Webhook'))),
  '/webhooks/{name}/resend': action(
    'webhooks <name> --resend',
    { body: PlainBody, atOnce: true },
    [{ ...named, name: 'name' }],
    'ResendAnswer',
  ),
  '/modules': get('Where all modules stand', json('Success', items('ModuleStatus'))),
  '/modules/{module}': get('Where a module stands', json('Success', ref('ModuleStatus')), noModule, [named]),
  '/modules/{module}/history': get(
    'Who did what, when, why, with which figures',
    json('Success', items('HistoryEntry')),
    { ...badInput, ...noModule },
    [named, limit, inQuery('before', 'The id of an entry: only those that are older.', before)],
  ),
  '/modules/{module}/series': get(
    'How a module did over time, in at most 150 steps or so',
    json('Success', ref('ModuleSeries')),
    { ...badInput, ...noModule },
    [
      named,
      inQuery('minutes', 'So much of its last day; 15 when nothing is said.', {
        ...numberSchema,
        ...{ type: 'integer', minimum: 1, maximum: 1_440 },
      }),
      inQuery('until', 'The end, RFC 3339; now when nothing is said.', text),
    ],
  ),
  '/modules/{module}/mismatches': get(
    'Queries whose two answers differed',
    json('Success', items('MismatchEntry')),
    noModule,
    [named],
  ),
  '/modules/{module}/differences': get(
    'Rows that were not the same on both sides when all were compared last, the first hundred',
    json('Success', items('RowDifference')),
    noModule,
    [named],
  ),
  '/modules/{module}/quarantined': quarantined,
  '/modules/{module}/parked': { get: { ...quarantined.get, deprecated: true } },
  '/modules/{module}/sagas': get(
    'Stored sagas that have not ended, the oldest first, without their states',
    json('Success', object({ items: listOf(ref('Saga')), ...silent })),
    { ...badInput, ...noModule },
    [named, inQuery('id', 'Only this one, also when it has ended.', text)],
  ),
  '/doctor': get('What is stuck', json('Success', items('Finding')), { ...badInput, ...noModule }, [
    inQuery('module', 'Only this one.', text),
  ]),
  '/process': get(
    'What the process is that answers, and how that stands with which it works',
    json('Success', ref('ProcessStatus')),
  ),
  '/events': get('What happens, as it happens', stream),
  '/session': get(
    'Who asks; of nobody both are null',
    json('Success', object({ actor: nullable(text), role: nullable(text) })),
  ),
  '/health/live': open('Is the process alive?', { '200': state }),
  '/health/ready': open('May it get requests?', { '200': state, '503': problem('Not now.') }),
  '/metrics': open('Figures for Prometheus', {
    '200': { description: 'Success', content: { 'text/plain': { schema: text } } },
  }),
};

/**
 * The OpenAPI document of the admin API. Actions that share a path with a list (`quarantined`) stand beside it.
 *
 * @internal
 */
export function adminDocument(version: string) {
  const acts = Object.fromEntries(
    Object.entries(commands).map(([verb, each]) => [`/modules/{module}/${verb}`, action(verb, each)]),
  );
  const all: Record<string, object> = { ...paths };
  for (const [path, act] of Object.entries(acts)) all[path] = { ...all[path], ...act };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Strangler: the operator’s API',
      version,
      description:
        'Viewers may read, admins may act. The token is that of a log-in at the shop. Errors are problem documents (RFC 9457).',
    },
    security: [{ bearer: [] }],
    paths: all,
    components: {
      schemas: { ...answers },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}
