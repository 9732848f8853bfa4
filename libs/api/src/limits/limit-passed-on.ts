import { clientAddress, routeOf } from '#edge';
import type { IncomingMessage } from 'node:http';
import type { TokenVerifier } from '../auth/token-verifier.js';
import type { Verdict } from './policy.js';
import { limitedBy, type RateLimits } from './rate-limits.js';

/** Who asks for what is passed on, and what that has used up. */
export class PassedOn {
  /** Headers of its answer, names and values in turn. */
  get told(): string[] {
    const [policies, left] = [
      this.verdicts.map(({ policy }) => policy),
      this.verdicts.map(({ left }) => left),
    ];
    return policies.length === 0
      ? []
      : ['RateLimit-Policy', policies.join(', '), 'RateLimit', left.join(', ')];
  }

  /** Why it is refused, for a problem document; undefined: it is not. */
  refused: ReturnType<typeof limitedBy> | undefined;
  /** Whom a token of ours names; only where users are counted. */
  user: string | undefined;
  private readonly verdicts: Verdict[] = [];

  /** Takes note of a limit. @returns whether it lets the request pass */
  admits(name: string, verdict: Verdict | undefined): boolean {
    if (!verdict) return true;
    this.verdicts.push(verdict);
    if (!verdict.ok) this.refused = limitedBy(name, verdict);
    return verdict.ok;
  }
}

/**
 * Counts requests that are passed on: by address, by route, and by user where a bearer token of ours says who that is; `then` is called at once,
 * unless there is a token to be verified. One that is not good counts for nothing here: it may be the application's.
 */
export const limitPassedOn =
  (limits: RateLimits, tokens: Pick<TokenVerifier, 'bearerOf'>, proxies: number) =>
  (request: IncomingMessage, then: (passed: PassedOn) => void, failed: (error: unknown) => void): void => {
    const passed = new PassedOn();
    const address = clientAddress(request, proxies);
    const open =
      passed.admits('address', limits.takeAddress(address)) &&
      passed.admits('route', limits.takePassedOn(request.method, routeOf(request), address));
    if (!open || !limits.countsUsersOf(address) || request.headers.authorization === undefined)
      return then(passed);
    tokens
      .bearerOf(request)
      .then((user) => {
        passed.user = user;
        if (user !== undefined) passed.admits('user', limits.takeUser(user, address));
        then(passed);
      })
      .catch(failed);
  };
