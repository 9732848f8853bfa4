import { randomUUID } from 'node:crypto';
import { otherSide, sides, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { TableStake } from '../../sides/stake.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { isOvertaken } from '../conditions/overtaken.js';
import { holdsAll, isWhole, standpointOf } from '../conditions/whole.js';
import { RefusedError } from '../terms/refused.js';
import { startOf } from '../conditions/sentences.js';
import { PlainBody } from './bodies.js';
import { command, type CommandContext } from './command.js';
import { abortable, requireIdle } from './preconditions.js';

/** What stands in a database that is to become a copy, by table; in words: why that is not known. */
export type Stake = readonly TableStake[] | string;

const tablesOf = (stake: Stake): readonly TableStake[] => (typeof stake === 'string' ? [] : stake);

/** The side whose database was put back becomes the copy of the other one. */
export const rejoin = command({
  body: PlainBody,
  // A database that was put back may believe its module to be at home.
  looksAt: 'both sides',
  // The controller, which cannot go on, notes that again and again: a change of the row that means nothing to who rejoins.
  insists: true,
  ask: async (context, { needs }): Promise<Stake> => {
    const side = rejoiningSide(context);
    if (!side) return [];
    // Not to know it does not stand in the way.
    const control = needs.sides(context.row.module)[side];
    return control.stake().catch((error: unknown) => (error as Error).message);
  },
  plan: (context, _parameters, stake: Stake) => {
    const { row, observed, actor, held } = context;
    const { states } = observed;
    const side = rejoiningSide(context);
    if (!side)
      throw new RefusedError(`no database of ${row.module} was put back: there is nothing to join again`);
    // A step that found out that the database was put back waits for this; each of its commands asks whether the side is marked.
    if (!abortable.has(row.transition?.step.kind ?? '')) requireIdle(context);
    const whole = otherSide(side);
    const told = standpointOf(whole, states);
    if (!isWhole(whole, told)) {
      const subject = subjectOf(row, context.advice);
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
    const differs = held !== null && context.wish?.phase !== phase && whole === 'extracted';
    return {
      plan: [
        `${side} gives up at epoch ${epoch}: ${atStake(states[side]!, whole, stake)}`,
        `${whole} owns everything, and fills ${side} anew: all rows there are replaced${rowsOf(stake)}, and what stands there and not on ${whole} is deleted`,
        `phase ${phase}`,
      ],
      change: {
        transition: { id: randomUUID(), step: { kind: 'rejoin', side }, actor, begun: since, epoch },
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
  },
});

/** The side that `rejoin` would make the copy; undefined: none. */
function rejoiningSide({ row, at, observed: { states } }: CommandContext): Side | undefined {
  const marked = sides.find((each) => isPutBack(states[each]));
  return marked ?? (isOvertaken(row, at, states) ? 'monolith' : undefined);
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
