import type { Upstream as UpstreamName } from 'nestjs-strangler/internal';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { heldAgainstNobody, isRefusal } from '../failure.js';
import { isSecure } from '../forwarded.js';
import { routeOf } from '../guard.js';
import { mayRepeat, type ChooseUpstream, type Outcome } from '../outcome.js';
import type { Ending, UpstreamPool } from '../pool/upstream-pool.js';
import type { UpstreamPools } from '../pool/upstream-pools.js';
import type { Upstream } from '../upstream.js';
import { addHeader, tapAnswer } from './answer-tap.js';
import { reads, upstreamFor } from './choose.js';
import { copyOf } from './copy-of.js';
import type { BoardEntry, RouteBoard } from './route-board.js';
import { isAnother } from './replaced.js';
import { routeFor } from './route-for.js';
import type { ShadowCopies } from './shadow-copies.js';
import { bucketCookie, bucketIn, newBucket } from './sticky.js';
import { wholeAnswer } from './whole-answer.js';

export interface RouteTrafficOptions {
  board: Pick<RouteBoard, 'entries'>;
  /** Whose request it is, by what he has proven; `undefined`: nobody's that is known. */
  userOf: (request: IncomingMessage) => Promise<string | undefined>;
  /** Whether answers say in `X-Served-By` which upstream gave them: `/reports=new`. */
  servedBy: boolean;
  pools: Pick<UpstreamPools, 'of'>;
  /** Counts a request, once at each upstream that was asked; `ms`: until the head of the answer, or until there was none. */
  record: (path: string, upstream: UpstreamName, ms: number, failed: boolean) => void;
  copies: Pick<ShadowCopies, 'answered' | 'hasRoom'>;
  /** How many proxies before this process are trusted (default 0). */
  proxies?: number;
}

/** `error`: the answer was a 5xx. */
type RouteOutcome = Ending | 'error';

interface Placed {
  entry: BoardEntry;
  pools: Readonly<Record<UpstreamName, UpstreamPool>>;
  /** Who is asked, and answers in the end. */
  upstream: UpstreamName;
  /** Whose request it is, where that was asked. */
  user: string | undefined;
  /** Tries at the other upstream before. */
  before: number;
  since: number;
}

/** How many requests of a route an upstream had, by what became of them. */
export interface RouteCount {
  route: string;
  upstream: UpstreamName;
  outcome: RouteOutcome;
  requests: number;
}

/** Has requests of routes answered by the one upstream or the other, and sees how that goes. For `passThrough` it is as one pool. */
export class RouteTraffic {
  private readonly placed = new WeakMap<IncomingMessage, Placed>();
  private readonly counted = new Map<string, RouteCount>();

  private readonly proxies: number;

  constructor(private readonly options: RouteTrafficOptions) {
    this.proxies = options.proxies ?? 0;
  }

  /** Since the start. */
  get counts(): readonly RouteCount[] {
    return [...this.counted.values()];
  }

  /** Whether a request is for a route. */
  hasRoute(request: IncomingMessage): boolean {
    return this.entryFor(this.options.board.entries, routeOf(request)) !== undefined;
  }

  /** Decides where a request goes, if it is for a route; an Express handler, to be put before what passes it on. */
  readonly handler = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): void => {
    const entry = this.entryFor(this.options.board.entries, routeOf(request));
    if (!entry) return next();
    void this.place(request, response, entry).then(() => {
      // Whoever left while it was found out who he is needs no answer.
      if (!response.destroyed) next();
    }, next);
  };

  /**
   * Where a request that is for a route goes. What only reads and no copy of `new` has answered is asked of `legacy`, while that still
   * answers others; it counts as a failure of `new` all the same.
   */
  readonly choose: ChooseUpstream = (request, failed) => {
    const placed = this.placed.get(request);
    if (!placed) return undefined;
    const copy = placed.pools[placed.upstream].choose(request, failed.slice(placed.before));
    if (copy) return copy;
    const last = failed.length > placed.before ? failed.at(-1)?.failure : undefined;
    this.count(placed, last ?? 'open', sinceOf(placed));
    if (!fallsBack(request, placed)) return undefined;
    Object.assign(placed, { upstream: 'legacy', before: failed.length, since: performance.now() });
    return this.choose(request, failed);
  };

  readonly mayMove = (request: IncomingMessage, tried: readonly Upstream[]): boolean => {
    const placed = this.placed.get(request);
    if (!placed) return false;
    const { pools, upstream, before } = placed;
    if (fallsBack(request, placed) && pools.legacy.isUp) return true;
    return pools[upstream].mayMove(request, tried.slice(before));
  };

  /** What there is to say of a request that is for a route: which, who answers, and whose it is where that decides it. */
  readonly told = (request: IncomingMessage) => {
    const placed = this.placed.get(request);
    return placed && { route: placed.entry.route.path, sides: sideOf(placed), user: placed.user };
  };

  /** Is told of each try. */
  readonly done = (outcome: Outcome): void => {
    const placed = this.placed.get(outcome.request);
    if (!placed) return;
    placed.pools[placed.upstream].done(outcome);
    if (mayRepeat(outcome)) return;
    const { status = 500, failure, headMs, ms } = outcome;
    this.count(
      placed,
      failure ?? (status >= 500 ? 'error' : 'answered'),
      sinceOf(placed) - ms + (headMs ?? ms),
    );
  };

  private count(placed: Placed, outcome: RouteOutcome, ms: number): void {
    const { entry, upstream } = placed;
    const route = entry.route.path;
    const key = `${route} ${upstream} ${outcome}`;
    const counted = this.counted.get(key) ?? { route, upstream, outcome, requests: 0 };
    counted.requests++;
    this.counted.set(key, counted);
    // What was begun before the file named another one says nothing of that.
    if (!this.isStill(placed)) return;
    this.options.record(route, upstream, ms, isFailure(outcome));
  }

  private isStill({ entry, upstream }: Placed): boolean {
    const { path, upstreams } = entry.route;
    const now = this.options.board.entries.find(({ route }) => route.path === path);
    return (
      now === undefined || now === entry || !isAnother(upstreams[upstream], now.route.upstreams[upstream])
    );
  }

  private entryFor(entries: readonly BoardEntry[], path: string): BoardEntry | undefined {
    if (entries.length === 0) return undefined;
    const found = routeFor(
      entries.map(({ route }) => route),
      path,
    );
    return entries.find(({ route }) => route === found);
  }

  private async place(request: IncomingMessage, response: ServerResponse, entry: BoardEntry): Promise<void> {
    const { route, at } = entry;
    const { method = 'GET', headers } = request;
    const { legacy, new: next } = route.upstreams;
    const pools = { legacy: this.options.pools.of(legacy), new: this.options.pools.of(next) };
    const shared = at.phase === 'shifting' && at.percent > 0 && at.percent < 100;
    const asked = shared && (reads(method) || route.sharedStore);
    const user = asked ? await this.options.userOf(request) : undefined;
    const key = asked ? this.keyOf(user, request, response) : '';
    const upstream = upstreamFor({ method, headers, key }, route, at);
    const placed: Placed = { entry, pools, upstream, user, before: 0, since: performance.now() };
    this.placed.set(request, placed);
    if (at.phase === 'shifting') varies(response, route, shared);
    if (this.options.servedBy) addHeader(response, 'X-Served-By', () => sideOf(placed));
    if (this.isCompared(request, entry)) this.compare(request, response, placed);
  }

  /** Who asks, as one and the same each time. An address is none: a thousand people share one, and one has many. */
  private keyOf(user: string | undefined, request: IncomingMessage, response: ServerResponse): string {
    if (user !== undefined) return `user ${user}`;
    const known = bucketIn(request.headers.cookie);
    if (known !== undefined) return `browser ${known}`;
    const bucket = newBucket();
    const secure = isSecure(request, this.proxies);
    addHeader(response, 'Set-Cookie', () => bucketCookie(bucket, secure));
    return `browser ${bucket}`;
  }

  private isCompared({ method = '', headers }: IncomingMessage, { route, row, at }: BoardEntry): boolean {
    if (!reads(method) || route.shadow === 0 || at.percent === 100 || row.paused !== null) return false;
    // What depends on what a client has already is no whole answer.
    if (partial.some((name) => headers[name] !== undefined)) return false;
    return this.options.copies.hasRoom && Math.random() < route.shadow;
  }

  private compare(request: IncomingMessage, response: ServerResponse, placed: Placed): void {
    const copy = copyOf(request, this.proxies);
    tapAnswer(response, (head, body) => {
      void wholeAnswer(head, body).then((answer) => {
        // What was refused here is nobody's answer.
        if (!answer || isRefusal(response)) return;
        const { entry, pools, upstream: by } = placed;
        const other = pools[by === 'legacy' ? 'new' : 'legacy'];
        const ask = async () => copy(other.spare());
        const { method = 'GET' } = request;
        this.options.copies.answered({ ...{ route: entry.route.path, method, by, answer }, ask });
      });
    });
  }
}

/** A cache in front must not give the answer of one side to whoever goes to the other. */
function varies(response: ServerResponse, { cohorts }: BoardEntry['route'], shared: boolean): void {
  const names = [...cohorts.map(({ header }) => header), ...(shared ? ['Authorization', 'Cookie'] : [])];
  if (names.length > 0) addHeader(response, 'Vary', () => names.join(', '));
}

const sideOf = ({ entry, upstream }: Placed): string => `${entry.route.path}=${upstream}`;

/** For the gates of a route, which ask how its readers fare: no room is a failure there. */
const isFailure = (outcome: RouteOutcome): boolean =>
  outcome !== 'answered' && !(heldAgainstNobody as ReadonlySet<string>).has(outcome);

const sinceOf = ({ since }: Placed): number => performance.now() - since;

/** Whether `legacy` is asked where `new` gives no answer. */
const fallsBack = ({ method = '' }: IncomingMessage, { upstream, entry }: Placed): boolean =>
  upstream === 'new' && entry.at.percent < 100 && reads(method);

const partial = [
  'range',
  'if-none-match',
  'if-modified-since',
  'if-match',
  'if-unmodified-since',
  'if-range',
];
