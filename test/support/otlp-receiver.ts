import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { closing, listening } from './http-server.js';

/** A span as it was sent. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /** 2: an error. */
  readonly status: { readonly code?: number };
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Value {
  stringValue?: string;
  intValue?: number | string;
}
interface Sent {
  resourceSpans: {
    resource: { attributes: { key: string; value: Value }[] };
    scopeSpans: {
      spans: (Omit<ReceivedSpan, 'service' | 'attributes'> &
        Pick<Sent['resourceSpans'][0]['resource'], 'attributes'>)[];
    }[];
  }[];
}

/** Takes spans of OTLP over HTTP, in JSON, as any collector of OpenTelemetry does. */
export interface OtlpReceiver {
  readonly url: string;
  /** Those that have come of a trace. */
  trace(traceId: string): readonly ReceivedSpan[];
  /** All that was sent, as it came. */
  readonly text: () => string;
  close(): Promise<void>;
}

/** Opens a receiver on a free port of this machine. */
export async function openReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const sent: string[] = [];
  const server = createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end();
    void json(request).then((body) => {
      sent.push(JSON.stringify(body));
      spans.push(...spansIn(body as Sent));
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}`,
    trace: (traceId) => spans.filter((span) => span.traceId === traceId),
    text: () => sent.join('\n'),
    close: () => closing(server),
  };
}

const spansIn = ({ resourceSpans }: Sent): ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, service, attributes: valuesOf(span.attributes) })),
    );
  });

const valuesOf = (all: readonly { key: string; value: Value }[]): Record<string, unknown> =>
  Object.fromEntries(all.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
