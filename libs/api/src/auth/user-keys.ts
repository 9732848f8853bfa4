import type { Jwks } from '#contracts';
import { withContext } from 'nestjs-strangler';
import { createLocalJWKSet, errors } from 'jose';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { UsersPort } from '../ports.js';
import { longestUnasked } from './longest-unasked.js';
import type { FindKey } from './signature.js';

interface Patience {
  /**
   * At least so long, in ms, between two looks for a key that is not known, and after one that failed. Whoever comes before waits: it may be a new key,
   * and tokens with made-up key ids cost no call each.
   */
  coolDownMs: number;
  /** After so long, in ms, keys are asked for again: a withdrawn one ends by then. */
  maxAgeMs: number;
  /** So long, in ms, they count at most while they cannot be asked for. */
  longestUnaskedMs: number;
}

/** How long an answer is waited for, in ms. */
const answerMs = 1_000;

/** The public keys of the users module, through its port, kept for a while. */
export class UserKeys {
  private keys: ReturnType<typeof createLocalJWKSet> | undefined;
  private jwksOfKeys: Jwks | undefined;
  private asking: Promise<void> | undefined;
  private again: Promise<void> | undefined;
  private coolUntil = -Infinity;
  /** Why they could not be had the last time. */
  private failure: Error | undefined;
  private staleAt = -Infinity;
  private keptUntil = -Infinity;

  constructor(
    private readonly users: UsersPort,
    private readonly patience: Patience = {
      coolDownMs: 500,
      maxAgeMs: 5_000,
      longestUnaskedMs: longestUnasked,
    },
  ) {}

  /** Finds the key of a token. @throws whatever the port throws when there are no keys to go by. */
  readonly find: FindKey = async (header) => {
    if (performance.now() >= this.staleAt) await this.refresh();
    try {
      return await this.known(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.askAgain();
      return this.known(header);
    }
  };

  /** All keys, as one value; another one when they change. Undefined: they have to be asked for. */
  get all(): object | undefined {
    return performance.now() < this.staleAt ? this.keys : undefined;
  }

  private known: FindKey = async (header) => {
    if (!this.keys) throw new errors.JWKSNoMatchingKey();
    return this.keys(header);
  };

  private askAgain(): Promise<void> {
    this.again ??= sleep(Math.max(0, this.coolUntil - performance.now()))
      .then(() => this.ask())
      .finally(() => (this.again = undefined));
    return this.again;
  }

  /** While the module is away, those who have a token go on, but not for ever: one may have been withdrawn. */
  private async refresh(): Promise<void> {
    try {
      await this.ask();
    } catch (error) {
      if (performance.now() >= this.keptUntil) throw error;
      this.staleAt = performance.now() + this.patience.maxAgeMs;
    }
  }

  /** Many requests, one question. It is nobody's own: it has its own deadline and is not in the answer's `X-Served-By`. */
  private ask(): Promise<void> {
    if (this.failure && performance.now() < this.coolUntil) return Promise.reject(this.failure);
    this.asking ??= this.jwks()
      .then((jwks) => this.keep(jwks))
      .catch((error: unknown) => this.failed(error as Error))
      .finally(() => (this.asking = undefined));
    return this.asking;
  }

  private failed(error: Error): never {
    this.failure = error;
    this.coolUntil = performance.now() + this.patience.coolDownMs;
    throw error;
  }

  private jwks(): Promise<Jwks> {
    const context = { requestId: 'jwks', servedBy: new Map(), deadline: performance.now() + answerMs };
    return withContext(context, () => this.users.jwks({}));
  }

  private keep(jwks: Jwks): void {
    if (!isDeepStrictEqual(jwks, this.jwksOfKeys)) this.keys = createLocalJWKSet(jwks);
    this.jwksOfKeys = jwks;
    this.failure = undefined;
    this.coolUntil = performance.now() + this.patience.coolDownMs;
    this.staleAt = performance.now() + this.patience.maxAgeMs;
    this.keptUntil = performance.now() + this.patience.longestUnaskedMs;
  }
}
