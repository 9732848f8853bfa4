import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { heldAgainstNobody, type Failure } from '../failure.js';
import { isUnavailable, mayRepeat, type ChooseUpstream, type Outcome } from '../outcome.js';
import { Upstream } from '../upstream.js';
import { Breaker, type Verdict } from './breaker.js';
import { Copy } from './copy.js';
import { afterRequest } from './ejection.js';
import { afterCheck, checkHealth } from './health.js';
import { inService, pickOfTwo } from './pick-of-two.js';
import { RetryBudget } from './retry-budget.js';
import { defaultRules, type PoolRules } from './rules.js';

export interface PoolOptions {
  /** As metrics and logs call it. */
  name: string;
  /** Origins of the copies, at least one; see `copiesSetting`. */
  copies: readonly string[];
  /** Asked for with GET; any answer below 500 is a good one. */
  checkPath: string;
  /** In PEM; see {@link Upstream}. */
  ca?: string | undefined;
  rules?: Partial<PoolRules>;
  /** ms of a clock that nobody sets. */
  now?: () => number;
  /** From 0 to 1. */
  random?: () => number;
}

/** What becomes of a request; `open`: the breaker let it not through. */
export type Ending = 'answered' | 'open' | Failure;

/**
 * The copies of one HTTP upstream: which of them gets a request, and what follows when one does not answer.
 *
 * @example
 * const legacy = new UpstreamPool({ name: 'legacy', copies: ['http://a:8000', 'http://b:8000'], checkPath: '/' });
 * app.use(guard, passThrough({ upstreamOf: legacy.choose, mayMove: legacy.mayMove, onDone: legacy.done }));
 */
export class UpstreamPool {
  readonly name: string;
  private readonly copies: readonly Copy[];
  private readonly rules: PoolRules;
  private readonly now: () => number;
  private readonly random: () => number;
  private readonly budget: RetryBudget;
  private readonly breaker: Breaker;
  private readonly logger = new Logger('Upstream');
  private readonly endings = new Map<Ending, number>();
  private readonly retries = { taken: 0, refused: 0 };
  private readonly stopChecks: readonly (() => void)[];
  /** How to tell the breaker what became of a request that is under way. */
  private readonly tell = new WeakMap<IncomingMessage, (verdict: Verdict) => void>();

  constructor({ name, copies, checkPath, ca, rules, now, random }: PoolOptions) {
    this.name = name;
    this.rules = { ...defaultRules, ...rules };
    this.now = now ?? (() => performance.now());
    this.random = random ?? Math.random;
    const { limits, budget, breaker } = this.rules;
    this.copies = copies.map((origin) => new Copy(new Upstream(origin, limits, ca), this.now));
    this.budget = new RetryBudget(budget, this.now);
    this.breaker = new Breaker(breaker, this.now);
    const checks = { ...this.rules.checks, path: checkPath, ca, random: this.random };
    this.stopChecks = this.copies.map((copy) =>
      checkHealth(copy.upstream.origin, checks, (trouble) => this.checked(copy, trouble)),
    );
  }

  /** What a scrape tells. */
  get figures() {
    return {
      endings: Object.fromEntries(this.endings),
      retries: { ...this.retries },
      open: this.breaker.isOpen,
      copies: this.copies.map(({ upstream: { host }, inFlight, ejected, healthy }) => ({
        ...{ host, inFlight, ejected, healthy },
      })),
    };
  }

  /** Copies that do not answer to checks, and why, in words. */
  get troubles(): string[] {
    return this.copies
      .filter(({ healthy }) => !healthy)
      .map(
        ({ upstream: { origin }, trouble }) =>
          `${origin} does not answer to checks${trouble ? ` (${trouble})` : ''}`,
      );
  }

  /** The copy for a request, or the one to try next: another one than before, within the budget. */
  readonly choose: ChooseUpstream = (request, failed) => {
    const last = failed.at(-1);
    if (!last) return this.first(request);
    const copy = this.another(failed.map(({ upstream }) => upstream));
    if (copy && this.mayRetry()) {
      this.budget.take();
      this.retries.taken++;
      return copy.upstream;
    }
    this.ended(request, last.failure);
    return undefined;
  };

  /** Whether {@link choose} would name another copy now. */
  readonly mayMove = (_request: IncomingMessage, tried: readonly Upstream[]): boolean =>
    this.another(tried) !== undefined && this.mayRetry();

  /** Takes note of how a try has ended. */
  readonly done = (outcome: Outcome): void => {
    const copy = this.copies.find(({ upstream }) => upstream === outcome.upstream);
    if (copy) this.record(copy, outcome);
    if (!mayRepeat(outcome)) this.ended(outcome.request, outcome.failure);
  };

  /** Whether it is known to answer: its breaker is closed, and a copy is in service. */
  get isUp(): boolean {
    return !this.breaker.isOpen && this.copies.some(({ ejected, healthy }) => healthy && !ejected);
  }

  /** A copy for a request that no client waits for, and that is not counted. `undefined`: none has room, or the breaker is open. */
  spare(): Upstream | undefined {
    return this.breaker.isOpen ? undefined : pickOfTwo(this.copies, this.random)?.upstream;
  }

  /** Ends the checks. What is under way goes on, and connections end when they rest. */
  retire(): void {
    for (const stop of this.stopChecks) stop();
  }

  /** Ends the checks and all connections: to be called when what was begun has been answered. */
  close(): void {
    this.retire();
    for (const { upstream } of this.copies) upstream.close();
  }

  private first(request: IncomingMessage): Upstream | undefined {
    const tell = this.breaker.enter();
    if (!tell) {
      this.count('open');
      return undefined;
    }
    this.budget.request();
    this.tell.set(request, tell);
    const copy = pickOfTwo(this.copies, this.random);
    if (!copy) this.ended(request, 'busy');
    return copy?.upstream;
  }

  private mayRetry(): boolean {
    const { isLeft } = this.budget;
    if (!isLeft) this.retries.refused++;
    return isLeft;
  }

  private another(tried: readonly Upstream[]): Copy | undefined {
    if (tried.length >= this.rules.tries) return undefined;
    const others = inService(this.copies).filter(({ upstream }) => !tried.includes(upstream));
    return pickOfTwo(others, this.random);
  }

  private record(copy: Copy, { failure, status }: Outcome): void {
    const verdict = failure === undefined && isUnavailable(status) ? 'failed' : verdictOn(failure);
    if (verdict === 'unknown') return;
    const [before, now] = [copy.ejection, this.now()];
    const out = this.copies.filter(({ ejected }) => ejected).length;
    const pool = { copies: this.copies.length, out };
    copy.ejection = afterRequest(before, { ok: verdict === 'ok', now }, pool, this.rules.ejection);
    if (copy.ejection.until === before.until) return;
    const forS = Math.round((copy.ejection.until - now) / 1_000);
    this.say('a copy is ejected', { copy: copy.upstream.host, forS, last: failure ?? status });
  }

  private checked(copy: Copy, trouble: string | undefined): void {
    const before = copy.healthy;
    copy.trouble = trouble;
    copy.health = afterCheck(copy.health, trouble === undefined, this.rules.checks);
    if (copy.healthy === before) return;
    const { host } = copy.upstream;
    if (copy.healthy) this.say('a copy is healthy again', { copy: host });
    else this.say('a copy is unhealthy', { copy: host, last: trouble });
  }

  private ended(request: IncomingMessage, failure: Failure | undefined): void {
    const tell = this.tell.get(request);
    if (!tell) return;
    this.tell.delete(request);
    this.count(failure ?? 'answered');
    const before = this.breaker.isOpen;
    tell(verdictOn(failure));
    if (this.breaker.isOpen !== before)
      this.say(before ? 'the breaker has closed' : 'the breaker has opened: nobody answers');
  }

  private count(ending: Ending): void {
    this.endings.set(ending, (this.endings.get(ending) ?? 0) + 1);
  }

  private say(msg: string, more: object = {}): void {
    this.logger.warn({ msg, upstream: this.name, ...more });
  }
}

/** Whether it had no room says nothing of how it answers. */
const noRoom: ReadonlySet<Failure> = new Set(['busy', 'no_upstream']);

function verdictOn(failure: Failure | undefined): Verdict {
  if (failure === undefined) return 'ok';
  return heldAgainstNobody.has(failure) || noRoom.has(failure) ? 'unknown' : 'failed';
}
