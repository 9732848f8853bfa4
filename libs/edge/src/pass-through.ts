import proxy from 'express-http-proxy';
import type { Request, RequestHandler, Response } from 'express';
import type { IncomingMessage } from 'node:http';
import { failures, refuse, type Failure } from './failure.js';
import { forwarded } from './forwarded.js';
import { framing, isSafe, onward } from './header-rules.js';
import { mayRepeat, type ChooseUpstream, type Outcome } from './outcome.js';
import type { Upstream } from './upstream.js';
import { Try, type Times } from './try.js';

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
  /** What the gateway itself tells an upstream, names and values in turn: `['X-Request-Id', '…']`; a client's are dropped. */
  headersFor?: (request: Request, response: Response) => readonly string[];
  times?: Partial<Times>;
}

const defaultTimes: Times = { connectMs: 3_000, idleMs: 60_000, totalMs: 600_000 };

/** What express-http-proxy carries from step to step; it has no type for it. */
interface Container {
  user: { req: Request; res: Response };
}
type Options = proxy.ProxyOptions & { sendProxyRequest(container: Container): Promise<Container> };

/** A request was not answered; why stands in `failure`. */
class PassThroughError extends Error {
  constructor(
    readonly failure: Failure,
    readonly request: Request,
  ) {
    super(failure);
  }
}

/**
 * An Express handler that has requests answered by an upstream, through express-http-proxy. Bodies stream both ways, in bounded memory.
 * What the client does not get is a problem document: 502 (refused, reset, a wrong answer), 503 (no upstream, or one that is busy),
 * 504 (not in time). To be put before body parsers, and behind {@link guard}.
 *
 * @example
 * const legacy = new Upstream('http://10.0.0.7:4000');
 * app.use(guard, passThrough({ upstreamOf: (_request, failed) => (failed.length === 0 ? legacy : undefined) }));
 */
export function passThrough(given: PassThroughOptions): RequestHandler {
  const granted: Granted = { ...given, times: { ...defaultTimes, ...given.times } };
  const options: Options = {
    parseReqBody: false,
    sendProxyRequest: (container) =>
      new Promise((resolve, reject) => {
        const { req, res } = container.user;
        new Passage(req, res, granted, (failure) =>
          failure === undefined ? resolve(container) : reject(new PassThroughError(failure, req)),
        ).next();
      }),
    proxyErrorHandler: (error: unknown, response, next) => {
      if (!(error instanceof PassThroughError)) return next(error);
      if (error.failure === 'client_gone') return response.destroy();
      refuse(error.request, response, failures[error.failure]);
    },
  };
  // It asks for one, and hands it to the step that `sendProxyRequest` takes the place of.
  return proxy('http://upstream.invalid', options);
}

type Granted = PassThroughOptions & { times: Times };

/** One request, in one or more tries. */
class Passage {
  private readonly failed: Outcome[] = [];
  private readonly until: number;
  private readonly headers: string[];

  constructor(
    private readonly request: Request,
    private readonly response: Response,
    private readonly options: Granted,
    /** Called when the head of the answer is written, or with why there will be none. */
    private readonly settle: (failure?: Failure) => void,
  ) {
    this.until = performance.now() + options.times.totalMs;
    this.headers = headersOf(request, options.headersFor?.(request, response));
  }

  next(): void {
    const { request, response, failed } = this;
    const { upstreamOf, times } = this.options;
    const upstream = upstreamOf(request, failed);
    if (!upstream) return this.settle(failed.at(-1)?.failure ?? 'no_upstream');
    // A time of its own for each request would be a list of its own for each timer.
    const totalMs =
      failed.length === 0 ? times.totalMs : Math.max(1, Math.ceil(this.until - performance.now()));
    const tried = () => [...failed.map((each) => each.upstream), upstream];
    const mayMove = () => this.options.mayMove?.(request, tried()) === true;
    const calls = { mayMove, onHead: this.settle, onDone: this.done };
    new Try(request, response, upstream, { ...times, totalMs }, this.headers, calls).start();
  }

  private readonly done = (outcome: Outcome): void => {
    this.options.onDone?.(outcome);
    if (outcome.failure === undefined || this.response.headersSent) return;
    if (!mayRepeat(outcome)) return this.settle(outcome.failure);
    this.failed.push(outcome);
    this.next();
  };
}

/** The name of the upstream has its place at the beginning. */
function headersOf(request: Request, own: readonly string[] = []): string[] {
  const kept = onward(request.rawHeaders, request.headers.connection, isSafe(request.method));
  return ['Host', '', ...kept, ...forwarded(request), ...own, ...framing(request)];
}
