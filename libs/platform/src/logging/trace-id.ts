import { spanContextOf } from 'nestjs-strangler/internal';

/** The trace id in a W3C `traceparent`; `undefined` when the header is absent or not valid. */
export const traceIdOf = (traceparent: string | undefined): string | undefined =>
  spanContextOf(traceparent)?.traceId;

/** What of it stands on a line of the log; a fresh object each time. */
export function spanIdsOf(traceparent: string | undefined): { traceId?: string; spanId?: string } {
  const span = spanContextOf(traceparent);
  return span ? { traceId: span.traceId, spanId: span.spanId } : {};
}
