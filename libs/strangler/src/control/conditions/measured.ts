import type { Comparisons, Evidence, Origin } from '../../evidence/evidence.js';
import { origins } from '../../evidence/evidence.js';
import { judge, verdict, type Rule } from '../../evidence/judgement.js';
import { errorShare, mismatchShare, slowness, slowShare, type Measure } from '../../evidence/measures.js';
import { policies } from '../../routes/phase.js';
import type { GateLimits } from '../config/settings.js';
import type { Position } from '../terms/machine.js';
import { isDegraded } from './route-entry.js';
import type { Judged, Seen } from './condition.js';
import type { Observed } from './observed.js';

/** Share of the compared answers that differ. */
export function mismatchesOf(seen: Seen): Judged {
  const { shadow } = seen.observed.evidence;
  return judged(seen, seen.settings.gates.mismatchRate, (origin) => mismatchShare(shadow[origin]), {
    reached: true,
  });
}

/** Share of the new side's calls that fail, less that of the old side's. */
export function errorRateOf(seen: Seen): Judged {
  const { calls, recent } = seen.observed.evidence;
  const alone = seen.at.percent === 100;
  return judged(seen, seen.settings.gates.errorRate, (origin) =>
    errorShare(calls[origin], recent[origin], alone),
  );
}

/** How many times slower the new side is at the 99th percentile: judged by the share of its calls that are slower than allowed. */
export function p99RatioOf(seen: Seen): Judged {
  const { p99Ratio } = seen.settings.gates;
  const of = (origin: Origin): Measure => slowness(seen.observed.evidence.calls[origin], p99Ratio);
  return { ...judged(seen, slowShare, of), limit: p99Ratio };
}

/** Share of the rehearsed commands that failed. The controller has none of its own to try. */
export function rehearsalOf(seen: Seen): Judged {
  const { errorRate: limit, minSamples, confidence } = seen.settings.gates;
  const { now, old, value } = mismatchShare(seen.observed.evidence.rehearsal);
  const decided = judge([{ now, old }], { limit, minSamples, confidence });
  const counted = { probes: 0, customers: now.n, samples: now.n, needed: decided.needed };
  const gate = { limit, value, why: null, ...counted, shownOf: 'customer' } as const;
  if (isOut(seen) && minSamples > 0) return { ...gate, confidence: null, state: 'hold' };
  return { ...gate, confidence: decided.confidence, state: decided.state };
}

/** `reached`: calls of customers are counted whatever the share. */
function judged(
  seen: Seen,
  limit: number,
  of: (origin: Origin) => Measure,
  { reached = false } = {},
): Judged {
  const { minSamples, confidence } = seen.settings.gates;
  const [probe, customer] = [of('probe'), of('customer')];
  const rule: Rule = { limit, minSamples, confidence };
  const decided = judge([probe, customer], rule);
  const [probes, customers] = [probe.now.n, customer.now.n];
  const shownOf = worse({ probe, customer }, rule);
  const gate = {
    ...{ limit, value: { probe, customer }[shownOf].value, why: null },
    ...{ probes, customers, samples: probes + customers, shownOf },
    ...{ needed: decided.needed, probesLacking: decided.lacking[0] ?? 0 },
  };
  const why = customers === 0 && minSamples > 0 ? unmeasurable(seen, reached) : null;
  if (why !== null && decided.state === 'hold') {
    return { ...gate, needed: 0, confidence: null, state: 'not applicable', why };
  }
  // What is seen of a side that is not there, or behind, says nothing of how it does.
  if (isOut(seen) && minSamples > 0) return { ...gate, confidence: null, state: 'hold' };
  return { ...gate, confidence: decided.confidence, state: decided.state };
}

/** The population whose figure is shown: the one that fails, else the one with the larger share. */
function worse({ probe, customer }: Record<Origin, Measure>, rule: Rule): Origin {
  const fails = (each: Measure): boolean => verdict([each], rule) === 'fail';
  if (fails(customer) !== fails(probe)) return fails(customer) ? 'customer' : 'probe';
  return (customer.value ?? -1) >= (probe.value ?? -1) ? 'customer' : 'probe';
}

/** Whether a side cannot be asked, or its copy is behind, in a phase in which that matters. */
export const isOut = ({ observed, at }: Pick<Seen, 'observed' | 'at'>): boolean =>
  observed.states.monolith === null || isDegraded(at.phase, observed);

/** Why there will never be anything to measure; null: there may be. */
function unmeasurable({ observed, at, settings }: Seen, reached: boolean): string | null {
  const { able, queries, anyReads } = observed.evidence.probing;
  const { probes } = settings.gates;
  if (!queries) return 'the contract has no query, so nothing can be asked of both sides';
  if (probes === 'on' && able === 'no rows') return 'there is not a single row to ask about';
  const asks = probes === 'on' && able !== 'no query';
  if (asks || reached || at.ownership === 'by-key' || anyReads || at.below > 0) return null;
  return 'until the hand-off no call of a customer goes to the new side, and no query can be asked with a key alone';
}

/** Whether customers have called since the step began. */
export const hasCustomers = ({ evidence: { calls, shadow } }: Observed): boolean =>
  shadow.customer.compared + shadow.customer.unavailable > 0 ||
  calls.customer.monolith.calls + calls.customer.extracted.calls > 0;

const compares = (at: Position): boolean => policies[at.phase].shadowed;

/** What the controller is to ask by itself, so that the gates can be judged; undefined: nothing. */
export function wantedProbes(
  at: Position,
  gates: readonly Judged[],
  observed: Observed,
  { probes }: GateLimits,
): { how: 'compare' | 'measure'; count: number; below: number } | undefined {
  const missing = gates.filter(({ state }) => state === 'hold');
  const count = Math.max(0, ...missing.map(({ probesLacking }) => probesLacking ?? 0));
  if (probes === 'off' || count === 0 || isOut({ observed, at })) return undefined;
  return { how: compares(at) ? 'compare' : 'measure', count, below: at.below };
}

/** Totals of both populations. */
export const totalOf = (shadow: Evidence['shadow']): Comparisons =>
  origins
    .map((origin) => shadow[origin])
    .reduce((sum, each) => ({
      compared: sum.compared + each.compared,
      mismatches: sum.mismatches + each.mismatches,
      unavailable: sum.unavailable + each.unavailable,
    }));
