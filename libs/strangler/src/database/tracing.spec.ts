import { context, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { DomainError } from '../contract/errors.js';
import { currentContext, withContext, type CallContext } from './context.js';
import { openSpan, spanContextOf, traced, tracer } from './tracing.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const request: CallContext = {
  requestId: 'r-1',
  traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
  tracestate: 'vendor=1',
  servedBy: new Map(),
};
const kind = 'INTERNAL';

it.each([
  [request.traceparent, traceId],
  [`01-${traceId}-00f067aa0ba902b7-00-more`, traceId],
  [`ff-${traceId}-00f067aa0ba902b7-01`, undefined],
  [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, undefined],
  [`00-${traceId}-${'0'.repeat(16)}-01`, undefined],
  ['none', undefined],
  [undefined, undefined],
])('%p names the trace %p', (traceparent, found) => {
  expect(spanContextOf(traceparent)?.traceId).toBe(found);
});

it('while nobody makes spans there is none', () => {
  expect([tracer(), openSpan({ name: 'a', kind })]).toEqual([undefined, undefined]);
});

describe('in a program that makes spans', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const within = <T>(name: string, work: () => Promise<T>) => traced(tracer()!, { name, kind }, work);
  const spans = () =>
    exporter.getFinishedSpans().map(({ name, parentSpanContext, status, attributes }) => ({
      ...{ name, parent: parentSpanContext?.spanId, status: status.code, error: attributes['error.type'] },
    }));

  beforeAll(() => provider.register());
  beforeEach(() => exporter.reset());
  afterAll(() => {
    trace.disable();
    context.disable();
    return provider.shutdown();
  });

  it('what goes on within a span is told so, and hands on what else belongs to the trace', async () => {
    let inner: CallContext | undefined;
    await withContext(request, () =>
      within('outer', () => within('inner', async () => void (inner = currentContext()))),
    );
    const [second, first] = exporter.getFinishedSpans().map((span) => span.spanContext());
    expect(inner).toEqual({ ...request, traceparent: `00-${traceId}-${second!.spanId}-01` });
    expect(spans().map(({ parent }) => parent)).toEqual([first!.spanId, '00f067aa0ba902b7']);
  });

  it('a span of the program’s own is the one within which the toolkit’s are', async () => {
    await trace.getTracer('theirs').startActiveSpan('theirs', async (theirs) => {
      await withContext(request, () => within('ours', async () => undefined));
      theirs.end();
    });
    const theirs = exporter.getFinishedSpans().find(({ name }) => name === 'theirs')!;
    expect(spans()[0]).toMatchObject({ name: 'ours', parent: theirs.spanContext().spanId });
  });

  it('a declared error is no fault, any other is; what an error says is not told', async () => {
    for (const error of [
      new DomainError('sold_out', {}),
      new DomainError('unavailable', {}),
      new TypeError('secret'),
    ])
      await expect(within('failing', () => Promise.reject(error))).rejects.toBe(error);
    expect(spans().map(({ status, error }) => [status, error])).toEqual([
      [0, 'sold_out'],
      [2, 'unavailable'],
      [2, 'TypeError'],
    ]);
    expect(
      JSON.stringify(exporter.getFinishedSpans().map(({ events, status }) => ({ events, status }))),
    ).not.toContain('secret');
  });

  it('what was begun without a request is a trace of its own', async () => {
    let inner: CallContext | undefined;
    await within('alone', async () => void (inner = currentContext()));
    expect(inner?.requestId).toBe(spanContextOf(inner?.traceparent)?.traceId);
    expect(spans()[0]?.parent).toBeUndefined();
  });
});
