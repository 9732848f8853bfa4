import type { Upstream as UpstreamName } from '#strangler';
import type { Request, RequestHandler, Response } from 'express';
import type { IncomingMessage } from 'node:http';
import { routeOf } from '../guard.js';
import type { Outcome } from '../outcome.js';
import { Upstream } from '../upstream.js';
import { addHeader, tapAnswer } from './answer-tap.js';
import { reads, upstreamFor } from './choose.js';
import { copyOf } from './copy-of.js';
import type { BoardEntry, RouteBoard } from './route-board.js';
import { routeFor } from './route-for.js';
import type { ShadowCopies } from './shadow-copies.js';
import { bucketCookie, bucketIn, newBucket } from './sticky.js';
import { wholeAnswer } from './whole-answer.js';

export interface RouteTrafficOptions {
  board: Pick<RouteBoard, 'entries'>;
  /** Whose request it is, by what he has proven; `undefined`: nobody's that is known. */
  userOf: (request: Request) => Promise<string | undefined>;
  /** Whether answers say in `X-Served-By` which upstream gave them: `/reports=new`. */
  servedBy: boolean;
  /** Counts an answer of an upstream. */
  record: (path: string, upstream: UpstreamName, ms: number, failed: boolean) => void;
  copies: Pick<ShadowCopies, 'answered' | 'hasRoom'>;
}

interface Placed {
  entry: BoardEntry;
  upstream: UpstreamName;
  /** Who answers in the end. */
  answering: UpstreamName;
}

/** Has requests of routes answered by the one upstream or the other, and sees how that goes. */
export class RouteTraffic {
  private readonly placed = new WeakMap<IncomingMessage, Placed>();
  private readonly open = new Map<string, Upstream>();

  constructor(private readonly options: RouteTrafficOptions) {}

  /** Decides where a request goes, if it is for a route. To be put before what passes it on. */
  readonly handler: RequestHandler = (request, response, next) => {
    const entry = this.entryFor(this.options.board.entries, routeOf(request));
    if (!entry) return next();
    void this.place(request, response, entry).then(() => {
      // Whoever left while it was found out who he is needs no answer.
      if (!response.destroyed) next();
    }, next);
  };

  /** Whether a request is for a route. */
  isPlaced(request: IncomingMessage): boolean {
    return this.placed.has(request);
  }

  /**
   * Where a request that is for a route goes. What only reads and was not answered at `new` is asked of `legacy`, while that
   * still answers others; it counts as a failure of `new` all the same.
   */
  upstreamOf(request: IncomingMessage, failed: readonly unknown[]): Upstream | undefined {
    const placed = this.placed.get(request);
    if (!placed) return undefined;
    const { entry, upstream } = placed;
    if (failed.length === 0) return this.at(entry, upstream);
    const falls =
      failed.length === 1 && upstream === 'new' && entry.row.percent < 100 && reads(request.method ?? '');
    if (!falls) return undefined;
    placed.answering = 'legacy';
    return this.at(entry, 'legacy');
  }

  /** Is told of each try. */
  readonly done = ({ request, upstream, status, failure, headMs, ms }: Outcome): void => {
    const placed = this.placed.get(request);
    if (!placed) return;
    const { entry } = placed;
    const name = upstream === this.at(entry, 'new') ? 'new' : 'legacy';
    const ofClient = failure?.startsWith('client_') === true;
    // A client who has given up says that it took so long, and not that it failed.
    const failed = !ofClient && (failure !== undefined || (status ?? 500) >= 500);
    this.options.record(entry.route.path, name, headMs ?? ms, failed);
  };

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
    const placed: Placed = { entry, upstream, answering: upstream };
    this.placed.set(request, placed);
    if (this.options.servedBy) addHeader(response, 'X-Served-By', () => `${route.path}=${placed.answering}`);
    if (this.isCompared(request, entry)) this.compare(request, response, placed);
  }

  /** Who asks, as one and the same each time. An address is none: a thousand people share one, and one has many. */
  private async keyOf(request: Request, response: Response): Promise<string> {
    const user = await this.options.userOf(request);
    if (user !== undefined) return `user ${user}`;
    const known = bucketIn(request.headers.cookie);
    if (known !== undefined) return `browser ${known}`;
    const bucket = newBucket();
    addHeader(response, 'Set-Cookie', () => bucketCookie(bucket, request.secure));
    return `browser ${bucket}`;
  }

  private isCompared({ method, headers }: Request, { route, row }: BoardEntry): boolean {
    if (method !== 'GET' || route.shadow === 0 || row.percent === 100 || row.paused !== null) return false;
    // What depends on what a client has already is no whole answer.
    if (partial.some((name) => headers[name] !== undefined)) return false;
    return this.options.copies.hasRoom && Math.random() < route.shadow;
  }

  private compare(request: Request, response: Response, placed: Placed): void {
    const copy = copyOf(request);
    tapAnswer(response, (head, body) => {
      void wholeAnswer(head, body).then((answer) => {
        if (!answer) return;
        const { entry, answering: by } = placed;
        const other = this.at(entry, by === 'legacy' ? 'new' : 'legacy');
        this.options.copies.answered({ route: entry.route.path, by, answer, ask: () => copy(other) });
      });
    });
  }

  private at({ route }: BoardEntry, name: UpstreamName): Upstream {
    const origin = route.upstreams[name];
    let upstream = this.open.get(origin);
    if (!upstream) this.open.set(origin, (upstream = new Upstream(origin)));
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
