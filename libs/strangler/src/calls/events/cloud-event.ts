import type { Subjects } from '../../nats/subjects.js';
import type { LoggedEvent } from './event-log.js';

/** An event as outsiders are told of it: CloudEvents 1.0, in its JSON format (docs/other-languages.md). */
export const cloudEvent = (
  subjects: Subjects,
  module: string,
  key: string,
  { id, type, at, traceparent, data }: LoggedEvent,
): object => ({
  specversion: '1.0',
  id,
  type,
  source: `/${subjects.namespace}/${module}`,
  subject: key,
  time: new Date(at).toISOString(),
  datacontenttype: 'application/json',
  dataschema: `${subjects.asyncApiId}#/components/messages/${type}/payload/properties/data`,
  ...(traceparent !== null && { traceparent }),
  data,
});
