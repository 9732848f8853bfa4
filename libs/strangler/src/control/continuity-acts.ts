import { otherSide, sides, type Side } from '../phase.js';
import type { SideState } from '../side/side.js';
import type { Accepted, Situation } from './acts.js';
import { subjectOf, typed } from './advice.js';
import { isWhole, standpointOf } from './whole.js';
import { abortable, requireIdle } from './legal.js';
import { RefusedError } from './operator.js';
import { isOvertaken } from './overtaken.js';

/** The side whose database was put back becomes the copy. @throws {RefusedError} */
export function rejoin(situation: Situation, id: string): Accepted {
  const { row, observed, actor, held } = situation;
  const { states } = observed;
  const marked = sides.find((each) => isPutBack(states[each]));
  const side = marked ?? (isOvertaken(row, situation.at, states) ? 'monolith' : undefined);
  if (!side)
    throw new RefusedError(`no database of ${row.module} was put back: there is nothing to join again`);
  // A step that found out that the database was put back waits for this; each of its commands asks whether the side is marked.
  if (!abortable.has(row.transition?.step.kind ?? '')) requireIdle(situation);
  const whole = otherSide(side);
  const told = standpointOf(whole, states);
  if (!isWhole(whole, told)) {
    const giveUp = typed(subjectOf(row, situation.advice), 'failover', '--i-have-fenced-it');
    const why = told ? 'does not hold everything, or has not proven itself' : 'does not answer';
    throw new RefusedError(`${whole} ${why}; accept what the monolith has with: ${giveUp}`);
  }
  const highest = Math.max(states[side]!.ownership.epoch, told!.epoch);
  // Who gave way by himself is the copy at the epoch that he saw: that stays.
  const epoch = marked ? highest + 1 : highest;
  const { pending, parked } = states[side]!.outgoing;
  const phase = whole === 'extracted' ? 'extracted' : 'dual-write';
  const since = observed.now;
  const wanted =
    whole === 'extracted'
      ? ({ phase, percent: null, by: held ? 'file' : 'operator', actor, since } as const)
      : row.wanted;
  const differs = held !== null && situation.wish?.phase !== phase && whole === 'extracted';
  return {
    plan: [
      `${side} gives up at epoch ${epoch}: ${pending + parked} changes of its outbox, which ${whole} may never have had, become a report (strangler.given_up)`,
      `${whole} owns everything, and fills ${side} anew: what stands there and not on ${whole} is deleted`,
      `phase ${phase}`,
    ],
    change: {
      transition: { id, step: { kind: 'rejoin', side }, actor, begun: since, epoch },
      wanted,
      override: null,
      ...(differs && {
        paused: 'all' as const,
        pauseReason: `after a rejoin by ${actor}; change the file, then resume`,
      }),
    },
    begins: true,
    goal: { phase, percent: null },
  };
}

/** A side that lacks what it once had, or came from a dump and may. */
const isPutBack = (state: SideState | null): boolean =>
  state !== null &&
  (state.standpoint.standing !== null || (state.standpoint.moved && state.standpoint.capture));

/** The side that an operator's word is for: one that answers and has not proven itself, the monolith first. */
export const unprovenSide = ({ observed: { states } }: Pick<Situation, 'observed'>): Side =>
  sides.find((side) => states[side]?.standpoint.proven === false) ?? 'monolith';

/** An operator's word that the database of the unproven side is as it was. @throws {RefusedError} */
export function serveUnproven(situation: Situation, iHaveFencedIt: boolean): Accepted {
  const { row, observed, advice } = situation;
  const side = unprovenSide(situation);
  const state = observed.states[side];
  const subject = subjectOf(row, advice);
  if (!state) throw new RefusedError("the monolith's own database does not answer");
  const { standing, proven } = state.standpoint;
  if (standing !== null)
    throw new RefusedError(
      `the database of ${side} was put back, so it is not as it was: ${typed(subject, 'rejoin')}`,
    );
  if (proven)
    throw new RefusedError(`each side that answers has proven itself: it takes writes of ${row.module}`);
  if (!iHaveFencedIt)
    throw new RefusedError(
      `first make sure that the database of ${side} is as it was, and that nobody else owns what it does, then say so: --i-have-fenced-it`,
    );
  return {
    plan: [`${side} takes writes of ${row.module} on the present start of its server, on your word alone`],
    change: {},
    begins: false,
  };
}
