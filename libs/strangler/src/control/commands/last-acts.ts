import { buckets } from '../../routes/bucket.js';
import { reachedBy } from '../../engine/identity/take-over.js';
import { subjectOf, typed } from '../advice.js';
import type { Accepted, Situation } from './acts.js';
import { requireIdle } from './legal.js';
import { inWords, rank } from '../machine.js';
import { RefusedError } from '../operator.js';
import { gatesFor, gateSentence } from '../conditions/gates.js';
import { lacksRows } from '../conditions/whole.js';

/** Gives the extracted side up; without the promise it only says what that would mean. @throws {RefusedError} */
export function failover(situation: Situation, iHaveFencedIt: boolean, id: string): Accepted {
  const { row, observed, actor, held } = situation;
  const { phase, module } = row;
  const home = observed.states.monolith;
  // Also of a module at home: its database may be a copy, or was put back.
  const fenced = home !== null && (home.ownership.fenceFrom !== null || home.standpoint.standing !== null);
  if (rank(phase) === 0 && !row.transition && !fenced) {
    throw new RefusedError(`${module} is on monolith: there is nothing to take over`);
  }
  if (phase === 'decommissioned') {
    throw new RefusedError(
      `${module} is decommissioned: the monolith has no copy to take over with; restore a backup`,
    );
  }
  const epoch = observed.states.monolith?.ownership.epoch;
  if (epoch === undefined) throw new RefusedError("the monolith's own database does not answer");
  const since = observed.now;
  const wanted = { phase: 'monolith', percent: null, by: held ? 'file' : 'operator', actor, since } as const;
  return {
    plan: [
      mayBeMissing(situation),
      `the monolith owns everything, at epoch ${reachedBy(epoch)}`,
      'capture is stopped on the monolith; phase monolith',
      'when the other side comes back, it gives way, and what it had not sent is reported, never taken as data',
    ],
    change: {
      transition: { id, step: { kind: 'failover' }, actor, begun: since, epoch },
      wanted,
      paused: held ? 'all' : null,
      pauseReason: held ? `after a failover by ${actor}; change the file, then resume` : null,
      override: null,
      lost: { at: new Date(since).toISOString(), actor },
    },
    begins: true,
    goal: { phase: 'monolith', percent: null },
    ...(!iHaveFencedIt && {
      refusal: `first make sure that no process of the extracted ${module} and nobody else writes to its database any more, then say so: --i-have-fenced-it`,
    }),
  };
}

/** What the monolith may never have got, or has no more, in one sentence. */
function mayBeMissing({ row, at, observed: { states } }: Situation): string {
  const below = Math.max(at.below, row.transition?.handOff?.newBelow ?? 0);
  const home = states.monolith?.standpoint;
  if (home && home.standing !== null)
    return 'what the monolith had got since the moment that its database was put back to, is missing, whoever owned it: how much, nobody here knows';
  if (home && !home.proven)
    return 'the monolith has not proven itself: if its database was put back, what it had got since is missing, whoever owned it';
  if (below === 0) return 'nothing is missing: the monolith owned everything';
  const share = `the ${below / 100} % that belonged to the extracted side`;
  const state = states.extracted;
  if (states.monolith && lacksRows('monolith', states.monolith))
    return `of ${share}, any row may be missing: the copy on the monolith is being filled anew, and is not whole yet`;
  // What a database says of its outbox is worth nothing once it was put back, or may have been.
  if (!state?.standpoint.proven)
    return `of ${share}, the last state is not known: ${confirmedBy(row.settings.ack)}`;
  return `of ${share}, ${state.outgoing.pending + state.outgoing.parked} changes have not arrived here and will be missing`;
}

const confirmedBy = (ack: 'both' | 'owner'): string =>
  ack === 'owner'
    ? 'writes are answered before the monolith has them (ack: owner), so the latest ones may be missing'
    : 'every write answered while the sides confirmed each other is here (ack: both); of those answered while degraded, and of rows parked there, the latest may be missing, or here in part';

/** The last step, or the very last: dropping the tables that were moved aside. @throws {RefusedError} */
export function decommission(situation: Situation, confirm: string, purge: boolean): Accepted {
  const { row } = situation;
  if (confirm !== row.module) {
    throw new RefusedError(
      `there is no way back from this; confirm it with the module's name: --confirm ${row.module}`,
    );
  }
  if (row.phase === 'decommissioned') return purged(situation, purge);
  if (purge) {
    const aside = typed(subjectOf(row, situation.advice), 'decommission', `--confirm ${row.module}`);
    throw new RefusedError(`the tables are moved aside before they can be dropped; first: ${aside}`);
  }
  requireRetirable(situation);
  const { observed, actor, at } = situation;
  return {
    plan: [
      'verify compares all rows once more',
      inWords(at, { kind: 'decommission' }),
      `the tables stay in the schema ${row.module}_retired until: decommission --purge`,
    ],
    change: {
      wanted: { phase: 'decommissioned', percent: null, by: 'operator', actor, since: observed.now },
      // What was verified before was not verified for this.
      stepSince: observed.now,
      override: null,
    },
    begins: true,
    goal: { phase: 'decommissioned', percent: null },
  };
}

function purged({ row, advice }: Situation, purge: boolean): Accepted {
  const { module } = row;
  if (!purge) {
    const drop = typed(subjectOf(row, advice), 'decommission', `--confirm ${module} --purge`);
    throw new RefusedError(`${module} is decommissioned already; drop the tables moved aside: ${drop}`);
  }
  return { plan: [`the schema ${module}_retired is dropped`], change: {}, begins: false };
}

function requireRetirable(situation: Situation): void {
  const { row, at, observed } = situation;
  const subject = subjectOf(row, situation.advice);
  if (row.phase !== 'extracted') {
    throw new RefusedError(
      `${row.module} is in phase ${row.phase}; only an extracted module is decommissioned; first: ${typed(subject, 'run')}`,
    );
  }
  if (!observed.states.monolith) throw new RefusedError("the monolith's own database does not answer");
  if (at.below !== buckets) {
    throw new RefusedError(
      `the monolith still owns some of ${row.module}, though it is extracted; see: ${typed(subject, 'doctor')}`,
    );
  }
  requireIdle(situation);
  if (row.paused) throw new RefusedError(`${row.module} is paused; first: ${typed(subject, 'resume')}`);
  const failing = gatesFor(at, { kind: 'decommission' }, observed, row.settings).find(
    ({ state }) => state === 'fail',
  );
  if (failing) throw new RefusedError(gateSentence(failing, subject));
  const { differences } = observed.verified;
  if (differences > 0) {
    throw new RefusedError(
      `verify found ${differences} differences; let the owner's rows win: ${typed(subject, 'verify', '--repair')}`,
    );
  }
}
