import { final, type Rules } from './rules.js';
import { base, type Scenario } from './scenario.js';

/** A scenario that has to be clean, or has to fail: `expected` is how the broken promise begins. */
export interface Named {
  name: string;
  what: string;
  scenario: Scenario;
  expected: string | null;
  /** So small that it runs in every `npm test`. */
  quick: boolean;
}

interface How {
  rules?: Rules;
  expected?: string;
  quick?: boolean;
}

export const of = (name: string, what: string, some: Partial<Scenario>, how: How = {}): Named => ({
  name,
  what,
  scenario: { ...base, rules: how.rules ?? final, ...some },
  expected: how.expected ?? null,
  quick: how.quick ?? false,
});

/** Whose snapshot may be restored: the monolith's, the service's. */
export const m = [0] as const;
export const e = [1] as const;
/** M owns bucket 1, E owns bucket 0. */
export const divided = { below: 1 } as const;
