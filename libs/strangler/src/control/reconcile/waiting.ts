import { policies, sides } from '../../routes/phase.js';
import { missingService } from '../conditions/missing-service.js';
import { gateNeed, speaking, type Gate } from '../conditions/gates.js';
import type { Observed } from '../conditions/observed.js';
import { fenceInWords, isFenced } from '../conditions/owner-conditions.js';
import { absenceNeed, waits } from '../conditions/sentences.js';
import { subjectOf, type Advice } from '../conditions/advice.js';
import { decide } from './decide.js';
import type { Position } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';
import type { Note } from '../store/notes.js';
import type { Need } from '../terms/need.js';
import type { Verification } from '../store/verification-store.js';

/** What a wait is told by. */
export interface WaitParts {
  row: ModuleRow;
  at: Position;
  observed: Observed;
  verification: Pick<Verification, 'done' | 'total'>;
  /** What stood in the way when the leader last tried; null: nothing but gates. */
  trouble: Need | null;
  /** What the step under way does. */
  doing: string | null;
  advice: Advice;
}

/** What a module waits for; null: nothing, it is where it is to be, and all that it needs is there. Pure. */
export function waitOf(parts: WaitParts): Need | null {
  const { row, observed, advice } = parts;
  const { absent } = observed;
  if (!observed.states.monolith) return waits.home(absent?.monolith?.detail ?? 'no answer');
  const absence = needsService(row) ? missingService(observed) : null;
  if (absence) return absenceNeed(absence, subjectOf(row, advice));
  if (row.transition) return parts.trouble ?? waits.step(row.transition.step.kind, parts.doing);
  // Behind a fence nothing moves: a lag, for instance, would never fall by itself.
  const fenced = fencesOf(row, observed);
  return fenced.length > 0 ? waits.handOff(fenced, subjectOf(row, advice)) : byDecision(parts);
}

/** Fences that belong to no step. One of the service is harmless while the monolith owns everything. */
const fencesOf = ({ phase }: ModuleRow, { states }: Observed): string[] =>
  sides.flatMap((side) => {
    const state = states[side];
    const harmless = side === 'extracted' && policies[phase].atHome;
    return state && isFenced(state) && !harmless ? [fenceInWords(side, state.ownership)] : [];
  });

/** Whether the module has another side that it cannot do without: it is on its way, or what it owns is there. */
export function needsService(row: ModuleRow): boolean {
  const { phase, wanted, transition, paused } = row;
  // Given up: it may come back or not.
  if (transition?.step.kind === 'failover') return false;
  if (!policies[phase].atHome || transition) return true;
  return !policies[wanted.phase].atHome && paused === null;
}

function byDecision({ row, at, observed, trouble, verification, advice }: WaitParts): Need | null {
  const subject = subjectOf(row, advice);
  const decision = decide(row, at, observed);
  switch (decision.kind) {
    case 'rest':
      return atRest(row, advice);
    case 'paused':
      return pausedNeed(row, advice);
    case 'verify':
      return trouble ?? waits.verifying(verification.done, verification.total);
    case 'return':
      return gateNeed(decision.gate, subject);
    case 'hold':
    case 'refuse':
      return firstOf(decision.gates, row, advice);
    case 'begin':
    case 'continue':
      return trouble ?? waits.beginning();
  }
}

function atRest(row: ModuleRow, advice: Advice): Need | null {
  if (row.paused === 'up') return pausedNeed(row, advice);
  const { phase, wanted } = row;
  if (policies[phase].ended && wanted.phase !== phase) return waits.retired(wanted.phase, wanted.actor);
  return null;
}

/** One that went back by itself is started again by the file if that steers it, else by `run`. */
function pausedNeed(row: ModuleRow, advice: Advice): Need {
  const subject = subjectOf(row, advice);
  const onward = row.paused === 'up' && !subject.held ? 'run' : 'resume';
  return waits.paused(row.pauseReason ?? 'no reason given', onward, subject);
}

function firstOf(gates: readonly Gate[], row: ModuleRow, advice: Advice): Need | null {
  const open = gates.filter(({ name, state }) => !(state === 'hold' && row.override?.gates.includes(name)));
  const gate = speaking(open);
  return gate ? gateNeed(gate, subjectOf(row, advice)) : null;
}

/** When the present wait began, in ms since 1970: the leader has written it down, or is about to. */
export function waitingSince(kind: string, { transition }: ModuleRow, { now }: Observed, note: Note): number {
  if (note.wait === kind) return Math.min(note.since, now);
  return kind === 'step' && transition ? transition.begun : now;
}
