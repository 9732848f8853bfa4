import { policies } from '../../routes/phase.js';
import type { Subject } from './advice.js';
import type { ModuleSettings } from '../config/settings.js';
import { leadsOut, type Position, type Step } from '../terms/machine.js';
import { makeNeed, type Need } from '../terms/need.js';
import type { GateRule, Judged, Moment, Seen } from './condition.js';
import { allConditions, type ConditionName } from './conditions.js';
import type { Observed } from './observed.js';

/** A condition that was asked as a gate. */
export interface Gate extends Judged {
  name: ConditionName;
}

/** Those conditions that are gates. */
export const gateRules: readonly (GateRule & { name: ConditionName })[] = allConditions.flatMap(
  ([name, { gate }]) => (gate ? [{ name, ...gate }] : []),
);

const ruleOf = (name: ConditionName): GateRule => gateRules.find((rule) => rule.name === name)!;

/** Which steps wait for gates; undefined: it waits for none. Steps back wait only for what makes them safe. */
function momentOf(at: Position, step: Step): Moment | undefined {
  if (step.kind === 'capture' || step.kind === 'uncapture') return undefined;
  if (step.kind === 'decommission') return 'decommission';
  if (!leadsOut(at, step)) return step.kind === 'hand-off' ? 'back' : undefined;
  if (step.kind === 'phase' && policies[step.to].shadowed) return 'to shadow';
  if (step.kind === 'phase' && policies[step.to].byShare) return 'to shifting';
  return at.percent > 0 ? 'next share' : 'first share';
}

function waitsFor({ before, watched }: GateRule, at: Position, step: Step): boolean {
  const moment = momentOf(at, step);
  if (!moment) return false;
  return before.includes(moment) || (moment === 'next share' && watched?.(at.percent) === true);
}

/** Whether a step waits for a gate. */
export const isAskedBefore = (name: ConditionName, at: Position, step: Step): boolean =>
  waitsFor(ruleOf(name), at, step);

/** What has to hold before a step may be done. */
export const gatesFor = (at: Position, step: Step, observed: Observed, settings: ModuleSettings): Gate[] =>
  ask((rule) => waitsFor(rule, at, step), { at, step, observed, settings });

/** What is watched although no step is wanted: the share rests, its callers do not. */
export function watchGates(at: Position, observed: Observed, settings: ModuleSettings): Gate[] {
  const shifting = policies[at.phase].byShare;
  return ask(({ watched }) => shifting && watched?.(at.percent) === true, {
    ...{ at, observed, settings },
    step: undefined,
  });
}

const ask = (asked: (rule: GateRule) => boolean, seen: Seen): Gate[] =>
  gateRules.filter(asked).flatMap(({ name, judge }) => {
    const judged = judge(seen);
    return judged ? [{ name, ...judged }] : [];
  });

/** The gates that stand in the way. An override opens those that hold and are not firm, never those that fail. */
export const blocking = (gates: readonly Gate[], overridden: readonly string[]): Gate[] =>
  gates.filter(
    ({ name, state }) =>
      state !== 'pass' &&
      state !== 'not applicable' &&
      !(state === 'hold' && !ruleOf(name).firm && overridden.includes(name)),
  );

/** Whether the data are to be compared now. That nobody overrides, and it needs nobody either. */
export const isVerifyDue = ({ name, state }: Gate): boolean => name === 'verify' && state === 'hold';

/** Whether all rows are to be compared, and may be now: a copy that is not whole yet differs anyway. */
export const awaitsVerify = (blocked: readonly Gate[]): boolean =>
  blocked.some(isVerifyDue) && blocked.every(({ name, state }) => ruleOf(name).timely && state === 'hold');

/** What a gate that does not pass waits for. */
export const gateNeed = (gate: Gate, subject: Subject): Need =>
  makeNeed(`gate ${gate.name}`, ruleOf(gate.name).words(gate, subject));

/** The same in one sentence. */
export const gateSentence = (gate: Gate, subject: Subject): string => gateNeed(gate, subject).sentence;

/** The gate to speak of: one that fails before one that holds; undefined: all pass. */
export const speaking = (gates: readonly Gate[]): Gate | undefined =>
  gates.find(({ state }) => state === 'fail') ?? gates.find(({ state }) => state === 'hold');

/** What the history keeps of a gate: what it was decided by, each population by itself. */
export function figuresOfGate({
  value,
  limit,
  samples,
  probes,
  customers,
  needed,
  confidence,
  state,
  why,
}: Gate) {
  const counted = needed > 1 || probes + customers > 0 ? { probes, customers, needed, confidence } : {};
  return { value, limit, samples, ...counted, state, ...(why !== null && { why }) };
}
