import type { SideState } from '../../sides/side.js';
import { awaitedApprovals } from '../commands/approvals.js';
import type { GateName } from './gate-name.js';
import type { Gate, Observed } from './gate.js';
import type { Step } from '../machine.js';
import { leadsOut, type Position } from '../machine.js';
import { errorRate, hasCustomers, mismatches, p99Ratio, type MeasuredGate } from './measured-gates.js';
import type { ModuleSettings } from '../config/settings.js';
import type { GateView } from '../operator.js';

export type { Gate, Observed } from './gate.js';

type Maker = (observed: Observed, settings: ModuleSettings, at: Position) => Gate;
type Nature = Gate['nature'];

/** Nothing was counted for it. */
const unmeasured = { probes: 0, customers: 0, needed: 1, confidence: null, why: null };

/** A gate on the sides' own state, which is either known or not: then it holds. */
function known(
  name: GateName,
  nature: Nature,
  value: number | null,
  limit: number,
  otherwise: GateView['state'],
): Gate {
  const samples = value === null ? 0 : 1;
  const state = value === null ? 'hold' : value <= limit ? 'pass' : otherwise;
  return { ...unmeasured, name, value, limit, samples, state, nature };
}

/** Of both sides; null when one of them cannot be asked. */
function overSides(
  { states: { monolith, extracted } }: Observed,
  of: (state: SideState) => number,
  fold: (a: number, b: number) => number,
): number | null {
  return monolith && extracted ? fold(of(monolith), of(extracted)) : null;
}

const sum = (a: number, b: number): number => a + b;

const lag: Maker = (observed, { gates }) =>
  known(
    'lag',
    'plain',
    overSides(observed, ({ outgoing }) => outgoing.lagMs, Math.max),
    gates.lagMs,
    'fail',
  );

/** What only waits for a process of the new release (`unnamed`) holds the hand-off, and refuses no wish. */
const parked: Maker = (observed) =>
  known(
    'parked',
    'firm',
    overSides(observed, ({ outgoing: { parked, unnamed = 0 } }) => parked - unnamed, sum),
    0,
    'fail',
  );

/** Holds, and does not fail: the state is left by itself. */
const degraded: Maker = (observed) =>
  known(
    'degraded',
    'firm',
    overSides(observed, ({ outgoing }) => (outgoing.degradedSince ? 1 : 0), sum),
    0,
    'hold',
  );

const backfill: Maker = ({ states: { monolith } }) => {
  const tables = monolith?.outgoing.backfill ?? [];
  // Without a row nothing is known of a backfill: it has not been started, so nothing was copied.
  const open = tables.length > 0 ? tables.filter(({ done }) => !done).length : null;
  return known('backfill', 'firm', open, 0, 'hold');
};

const emptyOutboxes: Maker = (observed) =>
  known(
    'outbox',
    'firm',
    overSides(observed, ({ outgoing }) => outgoing.pending, sum),
    0,
    'hold',
  );

const localUse: Maker = ({ localUse: callers }) => known('local use', 'firm', callers.length, 0, 'fail');

/** What was checked before the present step began says nothing of it. */
const verifySince =
  (nature: Nature): Maker =>
  ({ verified, stepSince }) => {
    const fresh = verified.beganAt !== null && verified.beganAt >= stepSince;
    return known('verify', nature, fresh ? verified.differences : null, 0, 'fail');
  };

const measured =
  (gate: MeasuredGate): Maker =>
  (observed, { gates }, at) =>
    gate(observed, at, gates);

/** For how long a step is watched as things are: shorter while no customer calls, in ms. */
export function bakeMsNow(observed: Observed, { bakeMs, probeBakeMs, gates }: ModuleSettings): number {
  const alone = gates.probes === 'on' && !hasCustomers(observed);
  return alone ? Math.min(bakeMs, probeBakeMs) : bakeMs;
}

/** In ms, of which nothing was in the way. It only ever holds: time passes by itself. */
const bake: Maker = (observed, settings) => {
  const limit = bakeMsNow(observed, settings);
  const value = observed.evidence.ageMs;
  const state = value >= limit ? 'pass' : 'hold';
  return { ...unmeasured, name: 'bake', value, limit, samples: 1, state, nature: 'plain' };
};

/** The share in percent that waits for a person's approval; 0: none does. Nobody overrides it: that is what approving is. */
const approvalOf =
  (shares: readonly number[]): Maker =>
  ({ approved }) =>
    known('approval', 'firm', Math.max(0, ...shares.filter((share) => !approved.includes(share))), 0, 'hold');

function approvalsFor(at: Position, step: Step, { approve }: ModuleSettings): Maker[] {
  const shares = awaitedApprovals(at, step, approve);
  return shares.length === 0 ? [] : [approvalOf(shares)];
}

const calm: readonly Maker[] = [lag, parked, degraded];

/** What has to hold before a step may be done. Steps back wait only for what makes them safe. */
export function gatesFor(at: Position, step: Step, observed: Observed, settings: ModuleSettings): Gate[] {
  return [...makersFor(at, step), ...approvalsFor(at, step, settings)].map((make) =>
    make(observed, settings, at),
  );
}

function makersFor(at: Position, step: Step): readonly Maker[] {
  if (step.kind === 'capture' || step.kind === 'uncapture') return [];
  if (step.kind === 'decommission') return [...calm, verifySince('firm'), emptyOutboxes, localUse];
  if (!leadsOut(at, step)) return step.kind === 'hand-off' ? calm : [];
  if (step.kind === 'phase' && step.to === 'shadow') return [backfill, ...calm, verifySince('firm')];
  if (step.kind === 'phase' && step.to === 'shifting') {
    return [backfill, ...calm, verifySince('firm'), measured(mismatches), bake];
  }
  return [...calm, ...watchersAt(at), ...(at.percent > 0 ? [bake] : []), ...lastWatch(at)];
}

/** What is watched while shifting. At 100 % the old side has no calls left to be compared with. */
function watchersAt({ phase, percent }: Position): readonly Maker[] {
  if (phase !== 'shifting' || percent === 0) return [];
  return percent < 100 ? [measured(errorRate), measured(p99Ratio)] : [measured(errorRate)];
}

/** Before the last step the data of everything that has moved is compared once more. */
const lastWatch = ({ percent }: Position): readonly Maker[] =>
  percent === 100 ? [verifySince('watch')] : [];

/** What is watched although no step is wanted: the share rests, its callers do not. */
export function watchGates(at: Position, observed: Observed, settings: ModuleSettings): Gate[] {
  return [...watchersAt(at), ...(at.phase === 'shifting' ? lastWatch(at) : [])].map((make) =>
    make(observed, settings, at),
  );
}
