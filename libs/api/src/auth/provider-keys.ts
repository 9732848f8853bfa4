import { Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, errors } from 'jose';
import { refusal } from '../errors/problems.js';
import { longestUnasked } from './longest-unasked.js';
import type { FindKey } from './signature.js';

/** How long an answer is waited for, in ms. */
const answerMs = 2_000;
/** At least so long, in ms, between two questions, whatever came of the first: made-up key ids and an outage cost no more. */
const coolDownMs = 5_000;
/** The same while there are no keys, and everybody waits for them. */
const firstCoolDownMs = 1_000;
/** After so long, in ms, keys are asked for again: a withdrawn one ends by then. */
const maxAgeMs = 600_000;

/** The public keys of an outside identity provider. While it is away, those of before count for an hour. */
export class ProviderKeys {
  private readonly logger = new Logger('identity provider');
  private readonly remote: ReturnType<typeof createRemoteJWKSet>;
  /** Another one with each answer. */
  private answer = {};
  private askedAt = -Infinity;
  private dueAt = -Infinity;
  private failing = false;
  /** What whoever has a token waits for. */
  private renewal: Promise<void> | undefined;

  constructor(url: string) {
    this.remote = createRemoteJWKSet(new URL(url), {
      ...{ timeoutDuration: answerMs, cooldownDuration: coolDownMs, cacheMaxAge: longestUnasked },
      [customFetch]: (...how) => this.ask(...how),
    });
  }

  /** Finds the key of a token. @throws jose's errors for a token that is at fault, `unavailable` when there are no keys to go by. */
  readonly find: FindKey = async (header) => {
    if (this.isDue) this.renew();
    await this.renewal;
    return this.remote(header).catch(explain);
  };

  /** All keys, as one value; another one when they change. Undefined: they are asked for just now, or have to be. */
  get all(): object | undefined {
    const { fresh, reloading } = this.remote;
    return fresh && !reloading && !this.isDue ? this.answer : undefined;
  }

  private get isDue(): boolean {
    return performance.now() >= this.dueAt;
  }

  private get coolDown(): number {
    return this.remote.fresh ? coolDownMs : firstCoolDownMs;
  }

  /** It is waited for, but not again and again while the provider is away. */
  private renew(): void {
    const now = performance.now();
    const isAway = this.remote.fresh && now < this.askedAt + 2 * coolDownMs;
    this.dueAt = Math.max(now, this.askedAt + this.coolDown);
    // A key that was not known has just been asked for.
    if (this.dueAt > now) return;
    this.dueAt += this.coolDown;
    const renewal = this.remote.reload().then(
      () => this.renewed(),
      (error: unknown) => this.notRenewed(error),
    );
    if (!isAway) this.renewal = renewal.finally(() => (this.renewal = undefined));
  }

  private renewed(): void {
    this.dueAt = performance.now() + maxAgeMs;
    if (this.failing) this.logger.warn('gives its keys again');
    this.failing = false;
  }

  private notRenewed(error: unknown): void {
    if (!this.failing)
      this.logger.warn({ msg: 'gives no keys; those of before count for an hour', error: String(error) });
    this.failing = true;
  }

  private async ask(...how: Parameters<typeof fetch>): Promise<Response> {
    if (performance.now() < this.askedAt + this.coolDown) throw new Error('asked a moment ago');
    this.askedAt = performance.now();
    const answer = await fetch(...how);
    if (answer.ok) this.answer = {};
    return answer;
  }
}

/** A token may be at fault for a key that is not there; for anything else it is the provider. */
function explain(error: unknown): never {
  const missing =
    error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
  throw missing ? error : refusal('unavailable', 'the identity provider gives no keys');
}
