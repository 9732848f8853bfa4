import { otherSide, sides, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { TableStake } from '../../sides/stake.js';
import type { Accepted, Situation } from './acts.js';
import { subjectOf, typed } from '../advice.js';
import { startOf } from '../sentences.js';
import { holdsAll, isWhole, standpointOf } from '../conditions/whole.js';
import { abortable, requireIdle } from './legal.js';
import { RefusedError } from '../operator.js';
import { isOvertaken } from '../conditions/overtaken.js';

/** What stands in a database that is to become a copy, by table; in words: why that is not known. */
export type Stake = readonly TableStake[] | string;

const tablesOf = (stake: Stake): readonly TableStake[] => (typeof stake === 'string' ? [] : stake);

/** The side that `rejoin` would make the copy; undefined: none. */
export function rejoiningSide({ row, at, observed: { states } }: Situation): Side | undefined {
  const marked = sides.find((each) => isPutBack(states[each]));
  return marked ?? (isOvertaken(row, at, states) ? 'monolith' : undefined);
}

/**
 * The side whose database was put back becomes the copy. `stake`: what stands in that database.
 * @throws {RefusedError}
 */
export function rejoin(situation: Situation, stake: Stake, id: string): Accepted {
  const { row, observed, actor, held } = situation;
  const { states } = observed;
  const side = rejoiningSide(situation);
  if (!side)
    throw new RefusedError(`no database of ${row.module} was put back: there is nothing to join again`);
  // A step that found out that the database was put back waits for this; each of its commands asks whether the side is marked.
  if (!abortable.has(row.transition?.step.kind ?? '')) requireIdle(situation);
  const whole = otherSide(side);
  const told = standpointOf(whole, states);
  if (!isWhole(whole, told)) {
    const subject = subjectOf(row, situation.advice);
    const giveUp = typed(subject, 'failover', '--i-have-fenced-it');
    const why = !told
      ? `${whole} does not answer: ${startOf(whole, subject)}, and nothing is lost; if it is gone for good: ${giveUp}`
      : holdsAll(whole, told)
        ? `${whole} has not proven itself yet: wait for that`
        : `${whole} does not hold everything; accept what the monolith has with: ${giveUp}`;
    throw new RefusedError(why);
  }
  const highest = Math.max(states[side]!.ownership.epoch, told!.epoch);
  // Who gave way by himself is the copy at the epoch that he saw: that stays.
  const epoch = isPutBack(states[side]) ? highest + 1 : highest;
  const phase = whole === 'extracted' ? 'extracted' : 'dual-write';
  const since = observed.now;
  const wanted =
    whole === 'extracted'
      ? ({ phase, percent: null, by: held ? 'file' : 'operator', actor, since } as const)
      : row.wanted;
  const differs = held !== null && situation.wish?.phase !== phase && whole === 'extracted';
  return {
    plan: [
      `${side} gives up at epoch ${epoch}: ${atStake(states[side]!, whole, stake)}`,
      `${whole} owns everything, and fills ${side} anew: all rows there are replaced${rowsOf(stake)}, and what stands there and not on ${whole} is deleted`,
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

/** Which writes nobody else may have. */
function atStake(
  { outgoing: { pending, parked }, standpoint: { capture }, ownership: { side, module } }: SideState,
  whole: Side,
  stake: Stake,
): string {
  if (!capture)
    return `it is from before ${module} began to move, so no capture knows what it took since it was put back; keep that, and compare it with ${whole} afterwards: pg_dump --data-only --schema=${module}, of the database of ${side}`;
  const which = tablesOf(stake)
    .filter(({ changes }) => changes > 0)
    .map(changesIn);
  const named =
    pending + parked === 0
      ? ''
      : `: ${typeof stake === 'string' ? `which, ${side} did not say (${stake})` : which.join('; ')}`;
  return `${pending + parked} changes of its outbox, which ${whole} may never have had, become a report (strangler.given_up)${named}`;
}

const changesIn = ({ table, changes, keys }: TableStake): string =>
  `${changes} in ${table} (${keys.map((key) => key.join('/')).join(', ')}${changes > keys.length ? ', …' : ''})`;

function rowsOf(stake: Stake): string {
  const rows = tablesOf(stake).map(({ table, rows, exact }) => `${table}: ${exact ? '' : 'about '}${rows}`);
  return rows.length > 0 ? ` (${rows.join(', ')})` : '';
}

/** A side that lacks what it once had, or came from a dump and may. */
const isPutBack = (state: SideState | null): boolean =>
  state !== null &&
  (state.standpoint.standing !== null || (state.standpoint.moved && state.standpoint.capture));

/** The side that an operator's word is for: one that answers and has not proven itself, the monolith first, and none that was put back. */
export function unprovenSide({ observed: { states } }: Pick<Situation, 'observed'>): Side {
  const unproven = sides.filter((side) => states[side]?.standpoint.proven === false);
  return unproven.find((side) => states[side]?.standpoint.standing === null) ?? unproven[0] ?? 'monolith';
}

/** A service that has moved for good stands on a database that was made from its own, and nobody can see whether it lacks something. */
export function standsElsewhere({ row, observed: { states } }: Pick<Situation, 'row' | 'observed'>): boolean {
  const away = states.extracted?.standpoint;
  return (
    row.phase === 'decommissioned' &&
    Boolean(away?.knownAs) &&
    away?.knownAs === states.monolith?.standpoint.peer
  );
}

/** An operator's word that the database of the unproven side is as it was. @throws {RefusedError} */
export function serveUnproven(situation: Situation, iHaveFencedIt: boolean): Accepted {
  const { row, observed, advice } = situation;
  if (standsElsewhere(situation)) return serveElsewhere(situation, iHaveFencedIt);
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
  return {
    plan: [
      `${side} takes writes of ${row.module} on the present start of its server, on your word alone: if the database was put back, what it had confirmed since then is lost`,
    ],
    change: {},
    begins: false,
    ...(!iHaveFencedIt && {
      refusal: `first make sure that the database of ${side} is as it was, and that nobody else owns what it does, then say so: --i-have-fenced-it`,
    }),
  };
}

function serveElsewhere({ row, observed }: Situation, iHaveFencedIt: boolean): Accepted {
  const { database, knownAs } = observed.states.extracted!.standpoint;
  return {
    plan: [
      `the database ${database} is that of ${row.module} from now on, in the place of ${knownAs}, on your word alone`,
    ],
    change: {},
    begins: false,
    ...(!iHaveFencedIt && {
      refusal: `first make sure that nothing is missing in the database ${database}, and that nobody serves ${knownAs} any more, then say so: --i-have-fenced-it`,
    }),
  };
}
