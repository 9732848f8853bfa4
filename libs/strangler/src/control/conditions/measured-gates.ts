import type { Comparisons, Evidence, Origin } from '../../evidence/evidence.js';
import { origins } from '../../evidence/evidence.js';
import { judge, verdict, type Rule } from '../../evidence/judgement.js';
import { errorShare, mismatchShare, slowness, slowShare, type Measure } from '../../evidence/measures.js';
import { policies } from '../../routes/phase.js';
import type { GateName } from './gate-name.js';
import type { Gate, Observed } from './gate.js';
import type { Position } from '../machine.js';
import { isDegraded } from '../route-entry.js';
import type { GateLimits } from '../config/settings.js';

/** The gates that are measured, in `shadow` and while shifting. */
export type MeasuredGate = (observed: Observed, at: Position, limits: GateLimits) => Gate;

/** Share of the compared answers that differ. */
export const mismatches: MeasuredGate = (observed, at, limits) => {
  const { shadow } = observed.evidence;
  const of = (origin: Origin): Measure => mismatchShare(shadow[origin]);
  return gateOf('shadow mismatches', 'plain', limits.mismatchRate, limits, of, { observed, at, limits });
};

/** Share of the new side's calls that fail, less that of the old side's. */
export const errorRate: MeasuredGate = (observed, at, limits) => {
  const { calls, recent } = observed.evidence;
  const of = (origin: Origin): Measure => errorShare(calls[origin], recent[origin], at.percent === 100);
  return gateOf('error rate', 'watch', limits.errorRate, limits, of, { observed, at, limits });
};

/** How many times slower the new side is at the 99th percentile: judged by the share of its calls that are slower than allowed. */
export const p99Ratio: MeasuredGate = (observed, at, limits) => {
  const of = (origin: Origin): Measure => slowness(observed.evidence.calls[origin], limits.p99Ratio);
  return gateOf('p99 ratio', 'watch', slowShare, limits, of, { observed, at, limits }, limits.p99Ratio);
};

interface Circumstances {
  observed: Observed;
  at: Position;
  limits: GateLimits;
}

function gateOf(
  name: GateName,
  nature: Gate['nature'],
  limit: number,
  { minSamples, confidence }: GateLimits,
  of: (origin: Origin) => Measure,
  circumstances: Circumstances,
  shown = limit,
): Gate {
  const [probe, customer] = [of('probe'), of('customer')];
  const rule: Rule = { limit, minSamples, confidence };
  const judged = judge([probe, customer], rule);
  const [probes, customers] = [probe.now.n, customer.now.n];
  const shownOf = worse({ probe, customer }, rule);
  const counted = {
    probes,
    customers,
    samples: probes + customers,
    shownOf,
    needed: judged.needed,
    probesLacking: judged.lacking[0] ?? 0,
  };
  const gate = {
    name,
    nature,
    limit: shown,
    value: { probe, customer }[shownOf].value,
    ...counted,
    why: null,
  };
  const why = customers === 0 && minSamples > 0 ? unmeasurable(name, circumstances) : null;
  if (why !== null && judged.state === 'hold') {
    return { ...gate, needed: 0, confidence: null, state: 'not applicable', why };
  }
  // What is seen of a side that is not there, or behind, says nothing of how it does.
  if (isOut(circumstances) && minSamples > 0) return { ...gate, confidence: null, state: 'hold' };
  return { ...gate, confidence: judged.confidence, state: judged.state };
}

/** The population whose figure is shown: the one that fails, else the one with the larger share. */
function worse({ probe, customer }: Record<Origin, Measure>, rule: Rule): Origin {
  const fails = (each: Measure): boolean => verdict([each], rule) === 'fail';
  if (fails(customer) !== fails(probe)) return fails(customer) ? 'customer' : 'probe';
  return (customer.value ?? -1) >= (probe.value ?? -1) ? 'customer' : 'probe';
}

/** Whether a side cannot be asked, or its copy is behind, in a phase in which that matters. */
export const isOut = ({ observed, at }: Pick<Circumstances, 'observed' | 'at'>): boolean =>
  observed.states.monolith === null || isDegraded(at.phase, observed);

/** Why there will never be anything to measure; null: there may be. */
function unmeasurable(name: GateName, { observed, at, limits }: Circumstances): string | null {
  const { able, queries, anyReads } = observed.evidence.probing;
  if (!queries) return 'the contract has no query, so nothing can be asked of both sides';
  if (limits.probes === 'on' && able === 'no rows') return 'there is not a single row to ask about';
  const asks = limits.probes === 'on' && able !== 'no query';
  const reached = name === 'shadow mismatches' || at.ownership === 'by-key' || anyReads || at.below > 0;
  if (asks || reached) return null;
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
  gates: readonly Gate[],
  observed: Observed,
  { probes }: GateLimits,
): { how: 'compare' | 'measure'; count: number; below: number } | undefined {
  const missing = gates.filter(({ name, state }) => measuredNames.has(name) && state === 'hold');
  const count = Math.max(0, ...missing.map(({ probesLacking }) => probesLacking ?? 0));
  if (probes === 'off' || count === 0 || isOut({ observed, at })) return undefined;
  return { how: compares(at) ? 'compare' : 'measure', count, below: at.below };
}

const measuredNames: ReadonlySet<GateName> = new Set(['shadow mismatches', 'error rate', 'p99 ratio']);

/** Totals of both populations. */
export const totalOf = (shadow: Evidence['shadow']): Comparisons =>
  origins
    .map((origin) => shadow[origin])
    .reduce((sum, each) => ({
      compared: sum.compared + each.compared,
      mismatches: sum.mismatches + each.mismatches,
      unavailable: sum.unavailable + each.unavailable,
    }));
