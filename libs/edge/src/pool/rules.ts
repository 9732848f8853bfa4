import type { BreakerRule } from './breaker.js';
import type { EjectionRule } from './ejection.js';
import type { HealthRule } from './health.js';
import type { BudgetRule } from './retry-budget.js';
import type { UpstreamLimits } from '../upstream.js';

export interface PoolRules {
  /** Copies that are asked for one answer. */
  readonly tries: number;
  readonly limits: Partial<UpstreamLimits>;
  readonly budget: BudgetRule;
  readonly ejection: EjectionRule;
  readonly breaker: BreakerRule;
  readonly checks: HealthRule & {
    readonly everyMs: number;
    readonly patienceMs: number;
  };
}

export const defaultRules: PoolRules = {
  tries: 3,
  limits: {},
  budget: { share: 0.2, perSecond: 10, windowMs: 10_000 },
  ejection: { errors: 5, baseMs: 10_000, longestMs: 300_000 },
  breaker: { share: 0.5, least: 20, windowMs: 10_000, openMs: 2_000 },
  checks: { everyMs: 5_000, patienceMs: 2_000, fall: 3, rise: 2 },
};
