import { routeFor } from '#edge';
import { refusal } from '../errors/problems.js';
import type { HeaderTarget } from '../http/headers.js';
import { addressKey, isLoopback } from './keys.js';
import { Policy, type Verdict } from './policy.js';
import type { Rate } from './token-bucket.js';

/** A rate, and for whom. */
export interface RateLimit extends Rate {
  /** Whether it also holds for who is on this machine. */
  readonly loopback: boolean;
}

/** How many requests are taken; what is not there is not limited. */
export interface RateOptions {
  readonly perAddress?: RateLimit | undefined;
  readonly perUser?: RateLimit | undefined;
  /**
   * Of all callers together, by method and pattern, as `GET /api/v1/orders/:id`; `*`: of every other route of the API. Those that end in `/*`
   * are for what is passed on: that path, and all that is below it.
   */
  readonly perRoute?: Readonly<Record<string, RateLimit>>;
  /** Whether anything is passed on (default false). */
  readonly passesOn?: boolean;
  /** How many processes share the limits (default 1: each counts alone). */
  readonly live?: () => number;
}

interface Limited {
  readonly policy: Policy;
  readonly loopback: boolean;
}

/**
 * Limits of ordinary routes, counted in this process ({@link Policy}): who asks too often is refused before modules hear of it. Failed attempts at
 * passwords are counted elsewhere, by all processes together ({@link Attempts}).
 *
 * Answers tell what is left in `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers, from -08 on).
 */
export class RateLimits {
  private readonly address: Limited | undefined;
  private readonly user: Limited | undefined;
  private readonly routes: ReadonlyMap<string, Limited>;
  private readonly passedOn: readonly PassedOnLimit[];
  readonly live: () => number;

  constructor({ perAddress, perUser, perRoute = {}, passesOn = false, live = () => 1 }: RateOptions = {}) {
    const limited = (name: string, limit: RateLimit | undefined) =>
      limit && { policy: new Policy(name, limit, live), loopback: limit.loopback };
    this.live = live;
    this.address = limited('address', perAddress);
    this.user = limited('user', perUser);
    this.routes = new Map(Object.entries(perRoute).map(([name, limit]) => [name, limited('route', limit)!]));
    this.passedOn = passesOn ? [...this.routes].flatMap(passedOnLimit) : [];
  }

  /** The routes of the API that have a limit of their own. */
  get namedRoutes(): string[] {
    const others = new Set(['*', ...this.passedOn.map(({ name }) => name)]);
    return [...this.routes.keys()].filter((name) => !others.has(name));
  }

  /** Requests that were refused so far, by policy. */
  get figures(): Readonly<Record<string, number>> {
    const sum = (all: Iterable<Limited | undefined>) => {
      let total = 0;
      for (const each of all) total += each?.policy.limited ?? 0;
      return total;
    };
    return { address: sum([this.address]), user: sum([this.user]), route: sum(this.routes.values()) };
  }

  /** Counts a request that comes from an address; `undefined`: nothing limits it. */
  takeAddress(address: string | undefined): Verdict | undefined {
    return this.address && verdictOn(this.address, addressKey(address), address);
  }

  /** Counts a request that is passed on, for the longest path with a limit that begins its own; `undefined`: nothing limits it. */
  takePassedOn(method: string | undefined, path: string, address: string | undefined): Verdict | undefined {
    if (this.passedOn.length === 0) return undefined;
    const asked = method === 'HEAD' ? 'GET' : method;
    const found = routeFor(
      this.passedOn.filter((each) => each.method === asked),
      path,
    );
    return found && verdictOn(found.limited, found.name, address);
  }

  /** Whether users are counted who come from an address. */
  countsUsersOf(address: string | undefined): boolean {
    return this.user !== undefined && (this.user.loopback || !isLoopback(addressKey(address)));
  }

  /** Counts a request of a user; `undefined`: nothing limits it. */
  takeUser(id: string, address: string | undefined): Verdict | undefined {
    return this.user && verdictOn(this.user, id, address);
  }

  /** Counts a request of whoever connects. @throws `rate_limited` */
  assertAddress(address: string | undefined, told: HeaderTarget): void {
    if (this.address) check(this.address, addressKey(address), address, told);
  }

  /** Counts a request whose caller is known. @throws `rate_limited` */
  assertUser(id: string, address: string | undefined, told: HeaderTarget): void {
    if (this.user) check(this.user, id, address, told);
  }

  /** Counts a request of a route. @throws `rate_limited` */
  assertRoute(route: string, address: string | undefined, told: HeaderTarget): void {
    const limited = this.routes.get(route) ?? this.routes.get('*');
    if (limited) check(limited, route, address, told);
  }
}

/** A limit of a path that is not the API's, and of what is below it. */
interface PassedOnLimit {
  name: string;
  method: string;
  path: string;
  limited: Limited;
}

function passedOnLimit([name, limited]: [string, Limited]): PassedOnLimit[] {
  const [, method, path] = /^([A-Z]+) (.*)\/\*$/.exec(name) ?? [];
  return method === undefined ? [] : [{ name, method, path: path || '/', limited }];
}

function check(limited: Limited, key: string, address: string | undefined, told: HeaderTarget): void {
  const verdict = verdictOn(limited, key, address);
  if (!verdict) return;
  told.appendHeader('RateLimit-Policy', verdict.policy);
  told.appendHeader('RateLimit', verdict.left);
  if (verdict.ok) return;
  const { detail, data } = limitedBy(limited.policy.name, verdict);
  throw refusal('rate_limited', detail, data);
}

/** What is said to whoever is refused. */
export const limitedBy = (policy: string, { retryAfterSeconds }: Verdict) => ({
  detail: `too many requests: try again in ${retryAfterSeconds} s`,
  data: { policy, retryAfterSeconds },
});

const verdictOn = (
  { policy, loopback }: Limited,
  key: string,
  address: string | undefined,
): Verdict | undefined => (!loopback && isLoopback(addressKey(address)) ? undefined : policy.take(key));
