import proxy from 'express-http-proxy';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { failures, refuse, type Failure } from './failure.js';
import { forwarded } from './forwarded.js';
import { framing, isSafe, onward, type RawHeaders } from './header-rules.js';
import { isLoop, loopDetected, loopHeaders } from './loop.js';
import { mayRepeat, type ChooseUpstream, type Outcome } from './outcome.js';
import type { Upstream } from './upstream.js';
import { Try, type Times, type TryCalls } from './try.js';
import { note, noteTry } from './why-not.js';

export interface PassThroughOptions {
  /** Where a request goes. */
  upstreamOf: ChooseUpstream;
  /**
   * Whether another one than those that were tried would get the request now: a try that takes longer than `tryMs`, or is answered with
   * 502, 503 or 504, is given up then. Without it no such try is.
   */
  mayMove?: (request: IncomingMessage, tried: readonly Upstream[]) => boolean;
  /** Called exactly once for each upstream that `upstreamOf` has named. */
  onDone?: (outcome: Outcome) => void;
  times?: Partial<Times>;
  /** How many proxies before this process are trusted (default 0). */
  proxies?: number;
}

/** What the gateway itself says of a request, names and values in turn: `['X-Request-Id', '…']`. */
export interface OwnHeaders {
  /** A client's of the same names have to be among those that never pass (`onward`). */
  readonly toUpstream: RawHeaders;
  /** Where the answer has none of that name. */
  readonly toClient: RawHeaders;
}

/** An Express handler that needs nothing of Express. */
export type PassThrough = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
  own?: OwnHeaders,
) => void;

const defaultTimes: Times = {
  connectMs: 3_000,
  idleMs: 60_000,
  totalMs: 600_000,
  leastRate: { overMs: 20_000, bytesPerS: 500 },
};
const none: OwnHeaders = { toUpstream: [], toClient: [] };

/** What express-http-proxy carries from step to step; it has no type for it. */
interface Container {
  user: { req: Passage };
}
type Options = proxy.ProxyOptions & { sendProxyRequest(container: Container): Promise<never> };

/** A request was not answered; why stands in `failure`. */
class PassThroughError extends Error {
  constructor(
    readonly failure: Failure,
    readonly passage: Passage,
  ) {
    super(failure);
  }
}

const steps: Options = {
  parseReqBody: false,
  proxyReqPathResolver: () => '/',
  // The steps behind it have nothing left to do, so they are reached by failures alone.
  sendProxyRequest: ({ user: { req: passage } }) =>
    new Promise((_sent, reject) =>
      passage.start((failure) => reject(new PassThroughError(failure, passage))),
    ),
  proxyErrorHandler: (error: unknown, _response, next) => {
    if (!(error instanceof PassThroughError)) return next(error);
    error.passage.refuse(error.failure);
  },
};

/**
 * Has requests answered by an upstream, through express-http-proxy. Bodies stream both ways, in bounded memory.
 * What the client does not get is a problem document: 502 (refused, reset, a wrong answer), 503 (no upstream, or one that is busy),
 * 504 (not in time), 508 (it has been here before). To be put before body parsers, and behind {@link guard}.
 *
 * @example
 * const legacy = new Upstream('http://10.0.0.7:4000');
 * app.use(guard, passThrough({ upstreamOf: (_request, failed) => (failed.length === 0 ? legacy : undefined) }));
 */
export function passThrough(given: PassThroughOptions): PassThrough {
  const granted: Granted = { proxies: 0, ...given, times: { ...defaultTimes, ...given.times } };
  // It asks for one, and hands it to the step that `sendProxyRequest` takes the place of.
  const handle = proxy('http://upstream.invalid', steps) as unknown as Handle;
  return (request, response, next, own = none) => {
    if (!isLoop(request)) return handle(new Passage(request, response, granted, own), response, next);
    note(request, 'this gateway has passed it on before: an upstream leads back here');
    refuse(request, response, loopDetected, own.toClient);
  };
}

type Handle = (passage: Passage, response: ServerResponse, next: (error?: unknown) => void) => void;
type Granted = PassThroughOptions & { times: Times; proxies: number };

/** One request, in one or more tries. What express-http-proxy takes for a request is this: it copies headers that nobody sends. */
class Passage implements TryCalls {
  readonly path = '/';
  readonly until: number;
  readonly headers: string[];
  readonly told: RawHeaders;
  readonly times: Times;
  private readonly failed: Outcome[] = [];
  private fail: (failure: Failure) => void = () => undefined;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    private readonly options: Granted,
    own: OwnHeaders,
  ) {
    this.times = options.times;
    this.until = performance.now() + options.times.totalMs;
    this.told = own.toClient;
    this.headers = headersOf(request, own.toUpstream, options.proxies);
  }

  /** `fail` is called when the client will get no answer of an upstream. */
  start(fail: (failure: Failure) => void): void {
    this.fail = fail;
    this.next();
  }

  mayMove(tried: Upstream): boolean {
    const all = [...this.failed.map(({ upstream }) => upstream), tried];
    return this.options.mayMove?.(this.request, all) === true;
  }

  ended(outcome: Outcome): void {
    this.options.onDone?.(outcome);
    noteTry(outcome);
    if (outcome.failure === undefined || this.response.headersSent) return;
    if (!mayRepeat(outcome)) return this.fail(outcome.failure);
    this.failed.push(outcome);
    this.next();
  }

  /** Nobody is left, or nobody was there. */
  private failUntried(): void {
    const last = this.failed.at(-1)?.failure;
    if (last === undefined) note(this.request, 'no copy of its upstream is asked now');
    this.fail(last ?? 'no_upstream');
  }

  refuse(failure: Failure): void {
    const { request, response, told } = this;
    if (failure === 'client_gone') return void response.destroy();
    refuse(request, response, failures[failure], told);
  }

  private next(): void {
    const upstream = this.options.upstreamOf(this.request, this.failed);
    if (!upstream) return this.failUntried();
    new Try(upstream, this).start();
  }
}

/** The name of the upstream has its place at the beginning. */
function headersOf(request: IncomingMessage, own: RawHeaders, proxies: number): string[] {
  const kept = onward(request.rawHeaders, request.headers.connection, isSafe(request.method));
  const added = [...forwarded(request, proxies), ...loopHeaders];
  return ['Host', '', ...kept, ...added, ...own, ...framing(request)];
}
