import { buckets } from '../../routes/bucket.js';
import { ownsAll, type Standpoint } from '../../engine/identity/standing.js';
import { otherSide } from '../../routes/phase.js';

/*
 * What may be done in the database of one side while no controller answers. Pure: what it finds there goes in, what it says comes out.
 */

/** The verbs that work without a controller. */
export type DirectVerb = 'failover' | 'serve-unproven';

/** What a database says of one module. */
export interface FoundDirectly {
  readonly standpoint: Standpoint;
  /** How long ago the last batch or heartbeat of the other side was stored here, in ms; null: none ever was. */
  readonly heardMs: number | null;
  /** It came here by a dump or pg_upgrade, or is a copy beside its original. */
  readonly moved: boolean;
}

/** What would be done. `refusal`: why it is not. `done`: there is nothing left to do. */
export interface DirectJudgement {
  readonly plan: readonly string[];
  readonly done: boolean;
  readonly refusal?: string;
}

/** Whoever was heard so lately is there, in ms: a side says something each second. */
const thereMs = 5_000;

/** Judges what an operator asks of a database directly. `epochAfter`: where a failover would lead to. */
export function judgeDirectly(
  verb: DirectVerb,
  module: string,
  found: FoundDirectly,
  { iHaveFencedIt, epochAfter }: { iHaveFencedIt: boolean; epochAfter: number },
): DirectJudgement {
  const said = verb === 'failover' ? judgeFailover(module, found, epochAfter) : judgeServing(module, found);
  if (said.done || said.refusal !== undefined || iHaveFencedIt) return said;
  const other = otherSide(found.standpoint.side);
  const promise =
    verb === 'failover'
      ? `first make sure that no process of ${other} writes to its database any more`
      : `first make sure that this database is as it was, and that ${other} owns nothing of ${module} that it owns`;
  return { ...said, refusal: `${promise}, then say so: --i-have-fenced-it (${heard(found)})` };
}

function judgeFailover(module: string, found: FoundDirectly, epochAfter: number): DirectJudgement {
  const { standpoint } = found;
  const { side, extractedBelow, peer, capture } = standpoint;
  if (side === 'monolith')
    return refused(
      `this is the database of the monolith: start it, and say failover ${module} without --database-url`,
    );
  if (peer === null || !capture)
    return refused(`${module} is not being moved in this database: it has no copy to take over with`);
  if (extractedBelow === buckets && takesWrites(found))
    return { plan: [`the service owns everything of ${module} already, and takes writes`], done: true };
  return {
    done: false,
    plan: [
      heard(found),
      atStake(found),
      `the service owns everything of ${module}, at epoch ${epochAfter}, on your word alone`,
      `on the machine of the old monolith delete ${peer}.${module} and ${peer}.${module}.epoch, in ~/.local/state/strangler or at WITNESS_FILE, before it may start again: they would let it own what it had`,
      'it goes on capturing its changes, and refuses what the old monolith still sends until that has said hello',
    ],
  };
}

function judgeServing(module: string, found: FoundDirectly): DirectJudgement {
  const { side, standing } = found.standpoint;
  if (standing !== null)
    return refused(
      `this database is marked as "${standing}", so it is not as it was: start both sides and let it join again (rejoin ${module})`,
    );
  if (found.moved)
    return refused(
      `this database came here by a dump or pg_upgrade, or is a copy: nobody can say that it is all there (failover ${module})`,
    );
  if (found.standpoint.proven)
    return { plan: [`${side} has proven itself: it takes writes of ${module}`], done: true };
  return {
    done: false,
    plan: [
      heard(found),
      `${side} takes writes of ${module} on the present start of its server, on your word alone: if the database was put back, what it had confirmed since then is lost`,
    ],
  };
}

const refused = (refusal: string): DirectJudgement => ({ plan: [], done: false, refusal });

const takesWrites = ({ moved, standpoint: { standing, proven, fenceFrom } }: FoundDirectly): boolean =>
  !moved && standing === null && proven && fenceFrom === null;

function heard({ heardMs, standpoint }: FoundDirectly): string {
  const other = otherSide(standpoint.side);
  if (heardMs === null) return `${other} was never heard here`;
  const ago = `${other} was last heard here ${Math.round(heardMs / 1_000)} s ago`;
  return heardMs < thereMs ? `${ago}: it still runs` : ago;
}

/** What a side that takes over may never have got. */
function atStake({ standpoint }: FoundDirectly): string {
  const { side, extractedBelow, complete, appliedLife, standing } = standpoint;
  if (standing !== null)
    return 'what the service had got since the moment that this database was put back to, is missing, whoever owned it: how much, nobody here knows';
  if (ownsAll(side, extractedBelow)) return 'nothing is missing: the service owned everything';
  const share = `the ${100 - extractedBelow / 100} % that belonged to the monolith`;
  if (!complete || appliedLife === null)
    return `of ${share}, this copy is NOT whole: rows that were not copied yet will be missing`;
  return `of ${share}, every write answered while the sides confirmed each other is here (ack: both); of those answered while degraded, with ack: owner, and of rows quarantined there, the latest may be missing, or here in part`;
}
