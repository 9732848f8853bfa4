import { AsyncLocalStorage } from 'node:async_hooks';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../contract/caller.js';
import type { Side } from '../routes/phase.js';

/** The transaction of a command, or of a process. */
export interface OpenTransaction {
  readonly manager: EntityManager;
  readonly module: string | undefined;
  /** What it has told and not yet written down. */
  readonly told: ToldEvent[];
}

/** An event on its way into the log of its module. */
export interface ToldEvent {
  readonly module: string;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly requestId: string;
  readonly traceparent: string | null;
  /** Modules that are to be called for it, and whether each begins with the first event of the key. */
  readonly subscribers: readonly { readonly name: string; readonly fromFirst: boolean }[];
}

/**
 * What belongs to one request and travels with it through every call, in this process and over NATS.
 *
 * @example
 * ```ts
 * const context: CallContext = {
 *   requestId: '4bf92f35',
 *   caller: { program: 'api', as: 'client', actor: { id: '0190a7d2-…', role: 'user', version: 1 } },
 *   servedBy: new Map(),
 * };
 * ```
 */
export interface CallContext {
  /** On every log line of the request, on both sides of a hop. */
  readonly requestId: string;
  /** W3C trace context: the span that is current here, or the caller's as it came where nobody makes spans. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** When the caller stops waiting, by `performance.now()` of this process: nobody sets that clock. A call that is late is not started. */
  readonly deadline?: number | undefined;
  /** The request's own headers that may put it into a cohort, in lower case. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  /** A query asked of a side that may not be its owner, only to compare: it is answered by whatever is there. */
  readonly shadow?: boolean | undefined;
  /** A command that runs only to be taken back; what it calls of other modules is written down here, and not called. */
  readonly rehearsal?: { called?: string } | undefined;
  /** Asked for an operator: no evidence of what customers get. Known to this process only. */
  readonly forOperator?: boolean | undefined;
  /** Who asks, which each module checks; whoever lets a client in sets it. `undefined`: this process itself. */
  caller?: Caller | undefined;
  /** Which side worked for which module; filled while the request runs. */
  readonly servedBy: Map<string, Side>;
  /** The open transaction, and the module whose command opened it (`undefined`: a process, which may span modules). */
  readonly transaction?: OpenTransaction | undefined;
}

const storage = new AsyncLocalStorage<CallContext>();

/**
 * The context of the running request, if there is one.
 *
 * @example
 * ```ts
 * console.log(currentContext()?.requestId, currentContext()?.servedBy.get('orders'));
 * ```
 */
export const currentContext = (): CallContext | undefined => storage.getStore();

/**
 * Runs `work` within `context`.
 *
 * @example
 * ```ts
 * const order = await withContext({ requestId: '4bf92f35', servedBy: new Map() }, () => port.get({ id: '0190a7d2-…' }));
 * ```
 */
export const withContext = <T>(context: CallContext, work: () => T): T => storage.run(context, work);

/** Runs `work` in the current context (or a new one) with some of it replaced. */
export const withinContext = <T>(change: Partial<CallContext>, work: () => T): T =>
  storage.run({ ...(storage.getStore() ?? emptyContext()), ...change }, work);

/** The context with another caller. Each field by its name: a spread takes longer than all else that a call inside the process does. */
export const actingAs = (caller: Caller, context: CallContext): CallContext =>
  ({
    requestId: context.requestId,
    traceparent: context.traceparent,
    tracestate: context.tracestate,
    deadline: context.deadline,
    headers: context.headers,
    shadow: context.shadow,
    rehearsal: context.rehearsal,
    forOperator: context.forOperator,
    caller,
    servedBy: context.servedBy,
    transaction: context.transaction,
  }) satisfies Record<keyof CallContext, unknown>;

const emptyContext = (): CallContext => ({ requestId: '-', servedBy: new Map() });
