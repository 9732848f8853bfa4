import { policies } from '../../routes/phase.js';
import { bakeMsNow } from '../conditions/bake.js';
import { gateRules, isAskedBefore } from '../conditions/gates.js';
import type { Observed } from '../conditions/observed.js';
import { goalOf } from './decide.js';
import { after, leadsOut, planSteps, type Position, type Step } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';
import { passesByItself, type Need } from '../terms/need.js';
import type { Verification } from '../store/verification-store.js';

/** What the rest of the way is told by. */
export interface EtaParts {
  row: ModuleRow;
  at: Position;
  observed: Observed;
  verification: Verification;
  /** Rows a second; null: not known. */
  rates: { backfill: number | null; verify: number | null };
  waiting: Need | null;
}

/** Until the module is where it is to be; `seconds` null: not known, and why. */
export type Eta = { seconds: number; unknown: null } | { seconds: null; unknown: string };

/** What a step takes beside its gates, in s: routers are told for two seconds before owners may change. */
const stepSeconds = 0.5;
const tellingSeconds = 2;

const known = (seconds: number): Eta => ({ seconds: Math.ceil(seconds), unknown: null });
const unknown = (why: string): Eta => ({ seconds: null, unknown: why });

/** How long the whole rest of the way takes, by what is known now. Pure. */
export function etaOf(parts: EtaParts): Eta {
  const { row, at, waiting } = parts;
  const steps = planSteps(at, goalOf(row));
  if (steps.length === 0 && !row.transition) return known(0);
  if (waiting && (!passesByItself(waiting) || isOverdue(parts, waiting))) return unknown(waiting.fact);
  const copying = backfillSeconds(parts, steps);
  if (copying === null) return unknown('how many rows are to be copied a second is not known yet');
  const comparing = verifySeconds(parts);
  const runs = verifiesAhead(parts, steps);
  if (runs > 0 && comparing === null)
    return unknown('how long a comparison of all rows takes is not known yet');
  const underWay = row.transition ? stepSeconds : 0;
  return known(
    underWay + copying + runs * (comparing ?? 0) - verified(parts) + watching(parts, steps) + acting(steps),
  );
}

/** It was watched for long enough, and lacks samples: when they come, nobody knows. */
const isOverdue = ({ row, observed }: EtaParts, { kind }: Need): boolean =>
  sampledGates.has(kind) && observed.evidence.ageMs >= bakeMsNow(observed, row.settings);

const sampledGates = new Set(gateRules.flatMap(({ name, sampled }) => (sampled ? [`gate ${name}`] : [])));

/** The rows from before that are still to be copied; null: not known. */
function backfillSeconds({ at, observed, rates }: EtaParts, steps: readonly Step[]): number | null {
  if (steps.every((step) => !leadsOut(at, step))) return 0;
  const tables = observed.states.monolith?.outgoing.backfill ?? [];
  const begun = tables.length > 0;
  if (begun && tables.every(({ done }) => done)) return 0;
  if (!begun && policies[at.phase].copied) return 0;
  if (!begun || rates.backfill === null) return null;
  const left = tables.reduce(
    (sum, { copied, total, done }) => sum + (done ? 0 : Math.max(0, total - copied)),
    0,
  );
  return left / rates.backfill;
}

/** How long one run of verify takes: by its rate now, by its last run, or as long as copying does; null: not known. */
function verifySeconds({ verification, rates, observed }: EtaParts): number | null {
  const { rows, beganAt, checkedAt, total } = verification;
  const all = Math.max(rows, total, copiedRows(observed));
  if (rates.verify !== null) return all / rates.verify;
  if (checkedAt !== null && beganAt !== null) return Math.max(0, (Date.parse(checkedAt) - beganAt) / 1_000);
  return rates.backfill === null ? null : all / rates.backfill;
}

const copiedRows = ({ states }: Observed): number =>
  (states.monolith?.outgoing.backfill ?? []).reduce((sum, { copied }) => sum + copied, 0);

/** What a run under way has behind it, in s. */
const verified = ({ verification: { request, done }, rates }: EtaParts): number =>
  request && rates.verify !== null ? done / rates.verify : 0;

/** The runs of verify that gates still ask for: what was compared before a step began says nothing of it. */
function verifiesAhead(
  { at, observed: { verified: last, stepSince } }: EtaParts,
  steps: readonly Step[],
): number {
  const fresh = last.beganAt !== null && last.beganAt >= stepSince;
  return walked(at, steps).filter(
    ([position, step], i) => !(i === 0 && fresh) && isAskedBefore('verify', position, step),
  ).length;
}

/** Each step with the position that it begins at. */
function walked(at: Position, steps: readonly Step[]): [Position, Step][] {
  let position = at;
  return steps.map((step) => {
    const from = position;
    position = after(position, step);
    return [from, step];
  });
}

/** The time for which steps are watched before the next one, in s; of the first of them some is over. */
function watching({ row, at, observed }: EtaParts, steps: readonly Step[]): number {
  const bakeMs = bakeMsNow(observed, row.settings);
  const over = Math.min(bakeMs, observed.evidence.ageMs);
  const watched = walked(at, steps).map(([position, step], i) =>
    isAskedBefore('bake', position, step) ? bakeMs - (i === 0 ? over : 0) : 0,
  );
  return watched.reduce((sum, each) => sum + each, 0) / 1_000;
}

function acting(steps: readonly Step[]): number {
  const told = steps.some((step) => step.kind === 'phase' && policies[step.to].byShare) ? tellingSeconds : 0;
  return told + steps.length * stepSeconds;
}
