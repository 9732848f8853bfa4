import { isDomainError } from 'nestjs-strangler/contract';
import { Logger } from '@nestjs/common';
import { RateLimiterPostgres, type RateLimiterAbstract, type RateLimiterRes } from 'rate-limiter-flexible';
import { refusal } from '../errors/problems.js';
import { BoundedMemory } from './bounded-memory.js';
import { keysOf, type Who } from './keys.js';
import { waitRules, waitSeconds, type Counted, type WaitRule } from './wait.js';

/** Connections to the database that has the table `limits.attempt`. */
export interface LimitStore {
  query(...args: never[]): unknown;
}

/** What an attempt must end with to count: a guess that was wrong, or an answer to "is this one a customer?". */
const failures: ReadonlySet<string> = new Set(['unauthenticated', 'wrong_password', 'email_taken']);

/** How long an address is known as one from which the account's owner comes, in seconds. */
const knownS = 20 * 86_400;

/** Attempts at one account from one address that may wait for each other: what is looked at in about a second. */
const mostInTurn = 20;

type Counter = RateLimiterAbstract & {
  set(key: string, points: number, seconds: number): Promise<RateLimiterRes>;
};

/**
 * Growing waits for those who guess passwords. All processes count together, in the database; one that cannot reach it counts
 * alone. What is tried during a wait is refused unseen, also the right password: else a guesser would learn it all the same.
 */
export class Attempts {
  private readonly logger = new Logger(Attempts.name);
  private readonly counts: Counter;
  private readonly waits: Counter;
  private readonly known: Counter;
  /** By account and address: when the last attempt is over, and how many are not. */
  private readonly turns = new Map<string, { last: Promise<void>; count: number }>();

  constructor(
    store?: LimitStore,
    private readonly rules: Readonly<Record<Counted, WaitRule>> = waitRules,
  ) {
    [this.counts, this.waits, this.known] = ['failed', 'wait', 'known'].map((name) =>
      counter(name, store),
    ) as [Counter, Counter, Counter];
  }

  /** Makes one attempt. @throws `rate_limited` during a wait, else what the attempt throws. */
  async make<T>(who: Who, attempt: () => Promise<T>): Promise<T> {
    const keys = keysOf(who);
    const pair = keyOf('pair', keys);
    return pair === undefined
      ? this.makeNow(keys, attempt)
      : this.inTurn(pair, () => this.makeNow(keys, attempt));
  }

  /** Guesses at one account from one address are looked at one by one: each hears of the wait that the one before has earned. */
  private async inTurn<T>(pair: string, work: () => Promise<T>): Promise<T> {
    const { last, count } = this.turns.get(pair) ?? { last: Promise.resolve(), count: 0 };
    if (count >= mostInTurn) {
      throw refusal('unavailable', 'too many attempts at one account at the same time', {
        retryAfterSeconds: 1,
      });
    }
    const turn = last.then(work);
    this.turns.set(pair, { last: turn.then(ignore, ignore), count: count + 1 });
    try {
      return await turn;
    } finally {
      const now = this.turns.get(pair);
      if (now && now.count > 1) now.count--;
      else this.turns.delete(pair);
    }
  }

  private async makeNow<T>(keys: readonly [Counted, string][], attempt: () => Promise<T>): Promise<T> {
    await this.assertNoWait(keys);
    try {
      const result = await attempt();
      await this.succeeded(keys);
      return result;
    } catch (error) {
      if (isDomainError(error) && failures.has(error.code)) await this.failed(keys);
      throw error;
    }
  }

  private async assertNoWait(keys: readonly [Counted, string][]): Promise<void> {
    const left = await Promise.all(keys.map((key) => this.waitOf(key)));
    const ms = Math.max(...left);
    if (ms <= 0 || (await this.isOnlyOfStrangers(keys, left))) return;
    const seconds = Math.ceil(ms / 1_000);
    throw refusal('rate_limited', `too many failed attempts: try again in ${seconds} s`, {
      retryAfterSeconds: seconds,
    });
  }

  private async waitOf([counted, key]: [Counted, string]): Promise<number> {
    return (await this.waits.get(`${counted}:${key}`))?.msBeforeNext ?? 0;
  }

  /** Whether nothing but the failures of other addresses makes wait, and the account's owner has come from this one. */
  private async isOnlyOfStrangers(
    keys: readonly [Counted, string][],
    left: readonly number[],
  ): Promise<boolean> {
    if (keys.some(([counted], i) => counted !== 'account' && (left[i] as number) > 0)) return false;
    const pair = keyOf('pair', keys);
    return pair !== undefined && (await this.known.get(pair)) !== null;
  }

  private async failed(keys: readonly [Counted, string][]): Promise<void> {
    for (const [counted, key] of keys) {
      const rule = this.rules[counted];
      const name = `${counted}:${key}`;
      const { consumedPoints } = await this.counts.penalty(name, 1, { customDuration: rule.forgetS });
      const seconds = waitSeconds(consumedPoints, rule);
      if (seconds === 0) continue;
      await this.waits.set(name, 1, seconds);
      this.logger.warn({ msg: 'too many failed attempts', counted, failures: consumedPoints, seconds });
    }
  }

  /** The address goes on being counted: who guesses at others has an account of his own to log in with. */
  private async succeeded(keys: readonly [Counted, string][]): Promise<void> {
    const pair = keyOf('pair', keys);
    if (pair === undefined) return;
    await Promise.all([
      this.counts.delete(`pair:${pair}`),
      this.counts.delete(`account:${keyOf('account', keys)}`),
      this.known.get(pair).then((known) => known ?? this.known.set(pair, 1, knownS)),
    ]);
  }
}

const ignore = (): void => undefined;

const keyOf = (wanted: Counted, keys: readonly [Counted, string][]): string | undefined =>
  keys.find(([counted]) => counted === wanted)?.[1];

function counter(keyPrefix: string, store: LimitStore | undefined): Counter {
  const options = { keyPrefix, points: 1, duration: 1 };
  const memory = new BoundedMemory(options);
  if (store === undefined) return memory;
  return new RateLimiterPostgres({
    ...options,
    storeClient: store,
    schemaName: 'limits',
    tableName: 'attempt',
    tableCreated: true,
    insuranceLimiter: memory,
  });
}
