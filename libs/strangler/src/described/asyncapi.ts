import { Subjects } from '../nats/subjects.js';
import type { Description, EventDescription, OperationDescription } from './description.js';
import { object, type JsonSchema } from './json-schema.js';

/** What an AsyncAPI document is made of, beside the contracts. */
export interface AsyncApiOptions {
  readonly title: string;
  readonly version: string;
  /** Of all subjects (default `shop`). */
  readonly namespace?: string | undefined;
}

type Named = [name: string, part: object];

const text: JsonSchema = { type: 'string' };

/** The envelope of an event for outsiders: CloudEvents 1.0 in JSON. */
const cloudEventOf = (type: string, { data }: EventDescription): JsonSchema => ({
  type: 'object',
  properties: {
    specversion: { const: '1.0' },
    id: { ...text, format: 'uuid', description: 'That of the event: who gets it twice knows it again.' },
    type: { const: type },
    source: { ...text, description: 'The module that tells it, as /shop/parcels.' },
    subject: { ...text, description: 'Its routing key: events of one key come in their order.' },
    time: { ...text, format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    dataschema: {
      ...text,
      description: 'Where in this document the data are described: its id, and the place.',
    },
    traceparent: { ...text, description: 'Of the request in which it happened (W3C trace context).' },
    data,
  },
  required: [
    'specversion',
    'id',
    'type',
    'source',
    'subject',
    'time',
    'datacontenttype',
    'dataschema',
    'data',
  ],
});

/** The AsyncAPI 3 document of contracts: what is told in JetStream, and what is asked by request and reply. */
export function asyncApiOf({ modules }: Description, { title, version, namespace }: AsyncApiOptions): object {
  const subjects = new Subjects(namespace);
  const all = Object.entries(modules);
  const events = all.flatMap(([, { events }]) => Object.entries(events));
  const asked = all.flatMap(([module, { operations }]) =>
    // Whoever delivers calls the subscriptions, and nobody else.
    Object.entries(operations).flatMap(([name, each]) =>
      each.on === undefined ? [{ module, name, ...each }] : [],
    ),
  );
  const pairs = (of: (each: (typeof asked)[number]) => Named) => asked.map(of);
  return {
    asyncapi: '3.0.0',
    id: subjects.asyncApiId,
    info: { title, version },
    defaultContentType: 'application/json',
    channels: Object.fromEntries<object>([
      ...events.map(([type]): Named => [type, eventChannel(subjects, type)]),
      ...pairs((each) => [idOf(each), callChannel(subjects, each)]),
      ['replies', repliesChannel(asked)],
    ]),
    operations: Object.fromEntries<object>([
      ...events.map(([type]): Named => [`${type}.tell`, { action: 'send', channel: ref('channels', type) }]),
      ...pairs((each) => [`${idOf(each)}.answer`, answering(each)]),
    ]),
    components: {
      messages: Object.fromEntries<object>([
        ...events.map(([type, event]): Named => [type, { name: type, payload: cloudEventOf(type, event) }]),
        ...asked.flatMap((each): Named[] => [
          [`${idOf(each)}.input`, { headers: callHeaders, payload: each.input }],
          [`${idOf(each)}.answer`, { payload: answerOf(each) }],
        ]),
      ]),
    },
  };
}

interface Asked {
  readonly module: string;
  readonly name: string;
}

/** Beside events, one of which may have the operation's name. */
const idOf = ({ module, name }: Asked): string => `call.${module}.${name}`;
const ref = (...path: string[]) => ({ $ref: `#/${path.join('/')}` });

const eventChannel = (subjects: Subjects, type: string) => ({
  address: subjects.events(type),
  messages: { [type]: ref('components', 'messages', type) },
});

const callChannel = (subjects: Subjects, { module, name }: Asked) => ({
  address: subjects.rpc({ module, side: '{side}' as '*', database: '{database}' }, name),
  parameters: {
    side: { enum: ['monolith', 'extracted'] },
    database: { description: 'Of whom it is for, as <namespace>.routes.get tells.' },
  },
  messages: { input: ref('components', 'messages', `${idOf({ module, name })}.input`) },
});

const repliesChannel = (asked: readonly Asked[]) => ({
  address: null,
  messages: Object.fromEntries(
    asked.map((each) => [`${idOf(each)}.answer`, ref('components', 'messages', `${idOf(each)}.answer`)]),
  ),
});

const answering = (each: Asked) => ({
  action: 'receive',
  channel: ref('channels', idOf(each)),
  reply: {
    address: { location: '$message.header#/reply', description: 'The reply subject of NATS.' },
    channel: ref('channels', 'replies'),
    messages: [ref('channels', 'replies', 'messages', `${idOf(each)}.answer`)],
  },
});

const callHeaders: JsonSchema = {
  type: 'object',
  properties: {
    From: { ...text, description: 'The shop, and the database of who calls.' },
    'X-Request-Id': text,
    'Time-Left': { ...text, description: 'In ms.' },
    'Command-Id': { ...text, description: 'Of a command: who sends it again gets the same answer.' },
    Caller: { ...text, description: 'A token that proves who calls.' },
    traceparent: text,
  },
};

const answerOf = ({ output, errors }: OperationDescription): JsonSchema => ({
  anyOf: [
    { type: 'object', properties: { ok: output }, required: ['ok'] },
    {
      type: 'object',
      properties: {
        error: object({
          code: { ...text, ...(errors.length > 0 && { examples: errors }) },
          message: text,
          data: { type: 'object' },
        }),
      },
      required: ['error'],
    },
  ],
});
