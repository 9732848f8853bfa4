import type { Upstream as UpstreamName } from '#strangler';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { addHeader, mostBytes, tapAnswer, type AnswerHead } from './answer-tap.js';
import { reads, upstreamFor } from './choose.js';
import type { Answer } from './compare-answers.js';
import type { BoardEntry, RouteBoard } from './route-board.js';
import { routeFor } from './route-for.js';
import type { ShadowCopies } from './shadow-copies.js';
import { bucketCookie, bucketIn, newBucket } from './sticky.js';

/** How a try ended, as far as it matters here. */
export interface Tried<U> {
  readonly request: IncomingMessage;
  readonly upstream: U;
  readonly status: number | undefined;
  /** What begins with `client_` says nothing of the upstream. */
  readonly failure: string | undefined;
  readonly headMs: number | undefined;
  readonly ms: number;
}

export interface RouteTrafficOptions<U> {
  board: Pick<RouteBoard, 'entries'>;
  /** The path that decides who answers: without query and other spellings. */
  pathOf: (request: IncomingMessage) => string;
  /** What requests to an origin are given to; asked once for each. */
  open: (origin: string) => U;
  /** Whose request it is, by what he has proven; `undefined`: nobody's that is known. */
  userOf: (request: IncomingMessage) => Promise<string | undefined>;
  /** Counts an answer of an upstream. */
  record: (path: string, upstream: UpstreamName, ms: number, failed: boolean) => void;
  /** Asks an upstream what a client has asked; undefined: it gave no answer that can be compared. */
  ask: (upstream: U, request: IncomingMessage) => Promise<Answer | undefined>;
  copies: Pick<ShadowCopies, 'answered' | 'hasRoom'>;
}

interface Placed {
  entry: BoardEntry;
  upstream: UpstreamName;
}

/** Has requests of routes answered by the one upstream or the other, and sees how that goes. */
export class RouteTraffic<U> {
  private readonly placed = new WeakMap<IncomingMessage, Placed>();
  private readonly open = new Map<string, U>();

  constructor(private readonly options: RouteTrafficOptions<U>) {}

  /** Decides where a request goes, if it is for a route. To be put before what passes it on. */
  readonly handler: RequestHandler = (request, response, next) => {
    const { board, pathOf } = this.options;
    const entry = this.entryFor(board.entries, pathOf(request));
    if (!entry) return next();
    void this.place(request, response, entry).then(() => next(), next as NextFunction);
  };

  /** Whether a request is for a route. */
  isPlaced(request: IncomingMessage): boolean {
    return this.placed.has(request);
  }

  /**
   * Where a request that is for a route goes. What only reads and was not answered at `new` is asked of `legacy`, while that
   * still answers others; it counts as a failure of `new` all the same.
   */
  upstreamOf(request: IncomingMessage, failed: readonly unknown[]): U | undefined {
    const placed = this.placed.get(request);
    if (!placed) return undefined;
    const { entry, upstream } = placed;
    if (failed.length === 0) return this.at(entry, upstream);
    const falls =
      failed.length === 1 && upstream === 'new' && entry.row.percent < 100 && reads(request.method ?? '');
    return falls ? this.at(entry, 'legacy') : undefined;
  }

  /** Is told of each try. */
  done({ request, upstream, status, failure, headMs, ms }: Tried<U>): void {
    const placed = this.placed.get(request);
    if (!placed) return;
    const { entry } = placed;
    const name = upstream === this.at(entry, 'new') ? 'new' : 'legacy';
    const ofClient = failure?.startsWith('client_') === true;
    // A client who has given up says that it took so long, and not that it failed.
    const failed = !ofClient && (failure !== undefined || (status ?? 500) >= 500);
    this.options.record(entry.route.path, name, headMs ?? ms, failed);
  }

  private entryFor(entries: readonly BoardEntry[], path: string): BoardEntry | undefined {
    if (entries.length === 0) return undefined;
    const found = routeFor(
      entries.map(({ route }) => route),
      path,
    );
    return entries.find(({ route }) => route === found);
  }

  private async place(request: Request, response: Response, entry: BoardEntry): Promise<void> {
    const { route, row } = entry;
    const { method, headers } = request;
    const shared = row.phase === 'shifting' && row.percent > 0 && row.percent < 100;
    const key = shared && (reads(method) || route.sharedStore) ? await this.keyOf(request, response) : '';
    const upstream = upstreamFor({ method, headers, key }, route, row);
    this.placed.set(request, { entry, upstream });
    if (this.isCompared(request, entry)) this.compare(request, response, { entry, upstream });
  }

  /** Who asks, as one and the same each time. An address is none: a thousand people share one, and one has many. */
  private async keyOf(request: Request, response: Response): Promise<string> {
    const user = await this.options.userOf(request);
    if (user !== undefined) return `user ${user}`;
    const known = bucketIn(request.headers.cookie);
    if (known !== undefined) return `browser ${known}`;
    const bucket = newBucket();
    addHeader(response, 'Set-Cookie', bucketCookie(bucket, request.secure));
    return `browser ${bucket}`;
  }

  private isCompared({ method, headers }: Request, { route, row }: BoardEntry): boolean {
    if (method !== 'GET' || route.shadow === 0 || row.percent === 100 || row.paused !== null) return false;
    // What depends on what a client has already is no whole answer.
    if (partial.some((name) => headers[name] !== undefined)) return false;
    return this.options.copies.hasRoom && Math.random() < route.shadow;
  }

  private compare(request: Request, response: Response, { entry, upstream }: Placed): void {
    const { copies, ask } = this.options;
    const other = upstream === 'legacy' ? 'new' : 'legacy';
    tapAnswer(response, (head, body) => {
      void wholeAnswer(head, body).then((answer) => {
        if (!answer) return;
        const by = upstream;
        const route = entry.route.path;
        copies.answered({ route, by, answer, ask: () => ask(this.at(entry, other), request) });
      });
    });
  }

  private at({ route }: BoardEntry, name: UpstreamName): U {
    const origin = route.upstreams[name];
    let upstream = this.open.get(origin);
    if (upstream === undefined) this.open.set(origin, (upstream = this.options.open(origin)));
    return upstream;
  }
}

const partial = [
  'range',
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
];

const codings: Readonly<Record<string, (body: Buffer) => Promise<Buffer>>> = {
  br: (body) => promisify(brotliDecompress)(body, { maxOutputLength: mostBytes }),
  gzip: (body) => promisify(gunzip)(body, { maxOutputLength: mostBytes }),
  deflate: (body) => promisify(inflate)(body, { maxOutputLength: mostBytes }),
  identity: (body) => Promise.resolve(body),
};

/** An answer without its content coding; undefined: it cannot be compared. */
export async function wholeAnswer(
  { status, header }: AnswerHead,
  body: Buffer | undefined,
): Promise<Answer | undefined> {
  const decode = codings[(header('content-encoding') ?? 'identity').trim().toLowerCase()];
  if (!body || !decode) return undefined;
  try {
    return { status, type: header('content-type') ?? '', body: await decode(body) };
  } catch {
    return undefined;
  }
}
