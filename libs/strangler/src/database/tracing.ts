import {
  context as active,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import { isDomainError } from '../contract/errors.js';
import { currentContext, withContext, type CallContext } from './context.js';

/**
 * What of a request says to which trace it belongs, as W3C writes it in headers.
 *
 * @internal
 */
export type TraceContext = Pick<CallContext, 'traceparent' | 'tracestate'>;

/** A span before it begins. Nothing of what a customer has sent belongs in it: traces are kept by others, for long. */
export interface SpanOf {
  readonly name: string;
  readonly kind: keyof typeof SpanKind;
  readonly attributes?: Attributes;
  /** Came from elsewhere (a request, a message, an event of the log); left out: the span that is current here. */
  readonly from?: TraceContext;
}

/** A span that has begun: what goes on within it, and how it ends. */
export interface OpenSpan extends TraceContext {
  /** Once; `failed`: what a caller may not be told of, or was told of as a fault. */
  readonly end: (how?: { name?: string; attributes?: Attributes; failed?: boolean }) => void;
}

const scope = 'nestjs-strangler';

interface Delegating {
  getDelegateTracer(name: string): Tracer | undefined;
}

/** Who makes spans; `undefined` while the program has registered nobody: then this is all that tracing costs. */
export function tracer(): Tracer | undefined {
  // Stands in for what is registered, and says what that is.
  const provider: TracerProvider & Partial<Delegating> = trace.getTracerProvider();
  return provider.getDelegateTracer ? provider.getDelegateTracer(scope) : provider.getTracer(scope);
}

const written = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/**
 * The span that a `traceparent` names; `undefined` where there is none, or one that is not valid.
 *
 * @internal
 */
export function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = (traceparent !== undefined && written.exec(traceparent)) || [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags!, 16) & 1, isRemote: true };
}

/**
 * Begins a span, within the one that the program has made current, or that of the request. `undefined`: nobody makes spans.
 *
 * @internal
 */
export function openSpan(of: SpanOf): OpenSpan | undefined {
  const by = tracer();
  return by && opened(by.startSpan(of.name, optionsOf(of), parentOf(of)));
}

/** Runs `work` within a span, which is then the request's own, and the current one of whoever else makes spans. */
export async function traced<T>(by: Tracer, of: SpanOf, work: () => Promise<T>): Promise<T> {
  const parent = parentOf(of);
  const span = by.startSpan(of.name, optionsOf(of), parent);
  const { end, ...within } = opened(span);
  // Without a request each trace is one of its own.
  const context = currentContext() ?? { requestId: span.spanContext().traceId, servedBy: new Map() };
  try {
    const done = await active.with(trace.setSpan(parent, span), () =>
      withContext({ ...context, ...within }, work),
    );
    end();
    return done;
  } catch (error) {
    end(endOf(error));
    throw error;
  }
}

const optionsOf = ({ kind, attributes }: SpanOf) => ({
  kind: SpanKind[kind],
  ...(attributes && { attributes }),
});

function parentOf({ from }: SpanOf): Context {
  const here = active.active();
  if (from === undefined && trace.getSpan(here)) return here;
  const { traceparent, tracestate } = from ?? currentContext() ?? {};
  const span = spanContextOf(traceparent);
  if (!span) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...span,
    ...(tracestate && { traceState: createTraceState(tracestate) }),
  });
}

function opened(span: Span): OpenSpan {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-0${traceFlags & 1}`,
    tracestate: traceState?.serialize(),
    end: ({ name, attributes, failed } = {}) => {
      if (name !== undefined) span.updateName(name);
      if (attributes) span.setAttributes(attributes);
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

const faults: ReadonlySet<unknown> = new Set(['internal', 'unavailable', 'outcome_unknown']);

/** Its code, or its kind: what else it says may quote what a customer has sent. A declared one is an answer, and no fault. */
function endOf(error: unknown): { attributes: Attributes; failed: boolean } {
  const type = isDomainError(error) ? error.code : error instanceof Error ? error.name : typeof error;
  return { attributes: { 'error.type': type }, failed: !isDomainError(error) || faults.has(type) };
}
