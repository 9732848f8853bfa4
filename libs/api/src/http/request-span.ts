import { openSpan, spanContextOf, type TraceContext } from '#platform';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** As it came; none that is no W3C trace context. */
function sentWith({ headers }: IncomingMessage): TraceContext {
  const { traceparent, tracestate } = headers as Record<string, string | undefined>;
  return spanContextOf(traceparent) ? { traceparent, tracestate } : {};
}

/**
 * Begins the span of a request, which ends with its answer, and says what goes on from here. Without anybody who makes spans that is what the
 * client has sent. `routeOf`: the pattern that its path has, asked for at the end; nothing that a client has written.
 */
export function requestSpan(
  request: IncomingMessage,
  response: ServerResponse,
  routeOf: () => string | undefined,
): TraceContext {
  const from = sentWith(request);
  const { method = '' } = request;
  const span = openSpan({
    name: method,
    kind: 'SERVER',
    attributes: { 'http.request.method': method },
    from,
  });
  if (!span) return from;
  response.once('close', () => {
    const route = routeOf();
    // The client may have left before there was one.
    const status = response.headersSent ? response.statusCode : undefined;
    span.end({
      name: route === undefined ? method : `${method} ${route}`,
      attributes: {
        ...(route !== undefined && { 'http.route': route }),
        ...(status !== undefined && { 'http.response.status_code': status }),
      },
      failed: status === undefined || status >= 500,
    });
  });
  const { traceparent, tracestate } = span;
  return { traceparent, tracestate };
}
