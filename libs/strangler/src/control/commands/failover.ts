import { randomUUID } from 'node:crypto';
import { reachedBy } from '../../engine/continuity/take-over.js';
import { policies } from '../../routes/phase.js';
import { lacksRows } from '../conditions/whole.js';
import { RefusedError } from '../terms/refused.js';
import { FencedBody } from './bodies.js';
import { command, type CommandContext } from './command.js';

/** Gives the extracted side up; without the promise it only says what that would mean. */
export const failover = command({
  body: FencedBody,
  // As with rejoin: the controller, which cannot go on, notes the outage in the row.
  insists: true,
  plan: (context, { iHaveFencedIt }) => {
    const { row, observed, actor, held } = context;
    const { phase, module } = row;
    const home = observed.states.monolith;
    // Also of a module at home: its database may be a copy, or was put back.
    const fenced = home !== null && (home.ownership.fenceFrom !== null || home.standpoint.standing !== null);
    if (policies[phase].atHome && !row.transition && !fenced) {
      throw new RefusedError(`${module} is on monolith: there is nothing to take over`);
    }
    if (policies[phase].ended) {
      throw new RefusedError(
        `${module} is decommissioned: the monolith has no copy to take over with; restore a backup`,
      );
    }
    const epoch = observed.states.monolith?.ownership.epoch;
    if (epoch === undefined) throw new RefusedError("the monolith's own database does not answer");
    const since = observed.now;
    const wanted = {
      phase: 'monolith',
      percent: null,
      by: held ? 'file' : 'operator',
      actor,
      since,
    } as const;
    return {
      plan: [
        mayBeMissing(context),
        `the monolith owns everything, at epoch ${reachedBy(epoch)}`,
        'capture is stopped on the monolith; phase monolith',
        'when the other side comes back, it gives way, and what it had not sent is reported, never taken as data',
      ],
      change: {
        transition: { id: randomUUID(), step: { kind: 'failover' }, actor, begun: since, epoch },
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
  },
});

/** What the monolith may never have got, or has no more, in one sentence. */
function mayBeMissing({ row, at, observed: { states } }: CommandContext): string {
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
    : 'every write answered while the sides confirmed each other is here (ack: both); of those answered while degraded, and of rows quarantined there, the latest may be missing, or here in part';
