import { otherSide, sides, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import { subjectOf, typed } from '../conditions/advice.js';
import type { Found } from '../conditions/finding.js';
import type { Examiner, Patient } from './examiner.js';
import { startOf } from '../conditions/sentences.js';
import { isOvertaken } from '../conditions/overtaken.js';
import { holdsAll, isWhole, standpointOf } from '../conditions/whole.js';

/** Sides whose database is not what it was, or of which nobody can say that it is. */
export const standings: Examiner = (patient) => [
  ...sides.flatMap((side) => {
    const state = patient.observed.states[side];
    return state ? [...unprovable(side, state), ...examine(side, state, patient)] : [];
  }),
  ...overtaken(patient),
];

/** Somebody has said in the database of the service that the monolith is lost, and it is back. */
function overtaken({ row, at, observed, advice }: Patient): Found[] {
  if (!isOvertaken(row, at, observed.states)) return [];
  return [
    {
      problem: `the service has taken over all of ${row.module} while the monolith was away, which has given way`,
      meaning: 'what the monolith had not sent is a report; the module goes nowhere by itself',
      remedy: `let the monolith be its copy, in phase extracted: ${typed(subjectOf(row, advice), 'rejoin')}`,
    },
  ];
}

/** Both databases were put back. Nobody can say what was in what they lack: a person has to compare it with what others know. */
function unprovable(side: Side, { unprovable: found }: SideState): Found[] {
  if (!found) return [];
  const { since, until, above, upTo, path } = found;
  const when = since === null ? `until ${until}` : `from ${since} to ${until}`;
  const batch = ({ term, seq }: { term: number; seq: number }) => `${term}.${seq}`;
  return [
    {
      problem: `both databases were put back: what was answered ${when} may be in neither`,
      meaning: `${side} had sent the batches above ${batch(above)} up to ${batch(upTo)}, the other side had stored them, and nobody can prove them any more`,
      remedy: `compare what was answered then with what customers, logs and the payment provider know; then delete ${path} where ${side} runs`,
    },
  ];
}

/** What can be done, in words. */
interface Ways {
  /** Starts the other side. */
  start: string;
  giveUp: string;
  /** Null: the other side does not hold everything. */
  joinAgain: string | null;
  serve: string;
}

function examine(side: Side, state: SideState, patient: Patient): Found[] {
  const { row, observed, advice } = patient;
  const other = otherSide(side);
  const subject = subjectOf(row, advice);
  const rejoin = typed(subject, 'rejoin');
  const ways: Ways = {
    start: startOf(other, subject),
    giveUp: typed(subject, 'failover', '--i-have-fenced-it'),
    joinAgain: isWhole(other, standpointOf(other, observed.states))
      ? `let it become the copy of ${other}, which has everything: ${rejoin}`
      : null,
    serve: typed(subject, 'serve-unproven', '--i-have-fenced-it'),
  };
  const meaning = `it takes no writes of ${row.module}`;
  const { standing, proven, moved } = state.standpoint;
  if (standing !== null) return [{ meaning, ...putBack(side, standing, ways, observed.states[other]) }];
  if (proven) return [];
  if (state.held?.kind === 'writers inside') return [{ meaning, ...writersInside(side, state.held.pids) }];
  return [{ meaning, ...(moved ? elsewhere(side, ways, state.held) : unproven(side, ways, state.held)) }];
}

type Said = Pick<Found, 'problem' | 'remedy'>;

/** The other side has taken over; who began to write before that is waited for. */
const writersInside = (side: Side, pids: readonly number[]): Said => ({
  problem: `${side} owns less than it did, and transactions that began before are open there (pg_stat_activity, pid ${pids.join(', ')})`,
  remedy: 'let them end, or end them: it goes on by itself',
});

function putBack(
  side: Side,
  standing: 'rolled back' | 'given up',
  { start, giveUp, joinAgain }: Ways,
  state: SideState | null,
): Said {
  const other = otherSide(side);
  const without = !state
    ? `${start}: as the copy of ${other} it loses nothing. If ${other} is gone for good: ${giveUp}`
    : holdsAll(other, state.standpoint)
      ? `wait until ${other}, which says that it has everything, has proven itself: then let it become the copy`
      : `${other} does not hold everything, so it cannot join again; accept what the monolith has with: ${giveUp}`;
  const problem = {
    'rolled back': `the database of ${side} was put back: it lacks what it once had`,
    'given up': `${side} lets ${other} take over, and has not seen it own yet`,
  }[standing];
  return { problem, remedy: joinAgain ?? without };
}

/** A copy, or a database that was put elsewhere, which does not stand in its original's place. */
function elsewhere(side: Side, { giveUp, joinAgain }: Ways, held: SideState['held']): Said {
  const other = otherSide(side);
  const why = held?.kind === 'moved' ? held.why : 'nobody answers';
  const remedy = {
    'its original is served':
      'stop the processes of the original: it goes on by itself; a copy for other ends needs another NAMESPACE',
    'nobody answers': `start ${other}, or NATS; it goes on by itself. If ${other} is gone for good: ${giveUp}`,
    'it lacks something':
      joinAgain ?? `go back to the original, or accept what the monolith has with: ${giveUp}`,
  }[why];
  const problem = `the database of ${side} was moved, or is a copy, and does not stand in its original's place: ${why}`;
  return { problem, remedy };
}

function unproven(side: Side, { start, giveUp, serve }: Ways, held: SideState['held']): Said {
  const other = otherSide(side);
  const heard = held && 'detail' in held ? ` (${held.detail})` : '';
  // Who reads this has the monolith running.
  const remedy =
    side === 'monolith'
      ? `${start}; it goes on by itself. If ${other} is gone for good: ${giveUp}; if this database is as it was: ${serve}`
      : `let it reach ${other} over NATS; it goes on by itself. If its database is as it was, and you have made sure that ${other} takes no writes of what it owns: ${serve}, or the same with --database-url`;
  return {
    problem: `${side} is unproven: its server has started anew, ${other} does not answer it${heard}, and no file says that nothing is missing`,
    remedy,
  };
}
