import { sides, type Side } from '../../routes/phase.js';
import type { StrayOrigin } from '../../engine/ownership/strays.js';
import type { SideState } from '../../sides/side.js';
import { typed } from './advice.js';
import { inMs, inNumbers, inPercent } from '../terms/figures.js';
import type { Step } from '../terms/machine.js';
import { measuredInWords } from './call-conditions.js';
import { uncounted, type Condition, type Seen } from './condition.js';
import { moving } from './flow-conditions.js';
import { rehearsalOf } from './measured.js';

/* What would go wrong behind a hand-off, and can be seen before it. */

/** Doctor tells of strays that were seen so lately, in ms. */
const toldMs = 24 * 60 * 60_000;
/** And of so many, the latest. */
const mostTold = 5;

const givesAway = (step: Step | undefined, { below }: Seen['at']): boolean =>
  step?.kind === 'hand-off' && step.below > below;

/** The latest comes first. */
const lastOf = (state: SideState | null): StrayOrigin | undefined => state?.strays?.[0];

/** Who writes a module's tables past its port. The database refuses that once its keys have moved. */
export const strays: Condition = {
  gate: {
    settings: ['bake'],
    measures: 'how long ago the last write went past the port, in ms',
    over: 'the state of the monolith at each look, before keys are handed off',
    fails: 'nothing: it holds until there was none for one bake',
    before: ['first share', 'next share'],
    timely: true,
    judge: ({ observed: { states }, settings: { bakeMs: limit }, at, step }) => {
      if (!givesAway(step, at)) return null;
      const last = lastOf(states.monolith);
      if (!states.monolith) return { ...uncounted, value: null, limit, samples: 0, state: 'hold' };
      if (!last) return { ...uncounted, value: null, limit, samples: 1, state: 'pass' };
      const isOver = last.lastMs >= limit;
      const why = isOver ? null : inWords(last);
      return { ...uncounted, value: last.lastMs, limit, samples: 1, state: isOver ? 'pass' : 'hold', why };
    },
    words: ({ value, limit, why }, subject) => ({
      needs: `${inMs(limit)} without a write past the port of ${subject.module}`,
      has: value === null ? 'a monolith that cannot be asked' : `one ${inMs(value)} ago (${why})`,
      todo: 'have it call the port, or end it',
      command: typed(subject, 'doctor'),
    }),
  },
  doctor: ({ row, observed }) =>
    moving(row)
      ? sides.flatMap((side) =>
          (observed.states[side]?.strays ?? [])
            .filter(({ lastMs }) => lastMs < toldMs)
            .slice(0, mostTold)
            .map((origin) => ({
              problem: `writes on ${side} went past the port of ${row.module}: ${inWords(origin)}`,
              meaning: refusedLater(side),
              remedy: `have it call the port of ${row.module}, or end it`,
            })),
        )
      : [],
};

const refusedLater = (side: Side): string =>
  `the database refuses them once their keys have moved${side === 'extracted' ? ' back' : ''}`;

/** `12 writes by the role reports from 10.0.0.7 (night job): update thing set note = ?; last 3 s ago`. */
function inWords({ sql, role, address, application, count, lastMs }: StrayOrigin): string {
  const writes = `${inNumbers(count)} ${count === 1 ? 'write' : 'writes'}`;
  const last = `last ${inMs(lastMs)} ago`;
  if (sql === '') return `${writes} of many origins; ${last}`;
  const from = address === '' ? "the server's own machine" : address;
  const named = application === '' ? '' : ` (${application})`;
  return `${writes} by the role ${role} from ${from}${named}: ${sql}; ${last}`;
}

/** Share of the commands that were tried on the new side and failed there. */
export const rehearsal: Condition = {
  gate: {
    settings: ['rehearse', 'gates.errorRate', 'gates.minSamples', 'gates.confidence'],
    measures: 'share of the commands rehearsed on the new side that fail there',
    over: 'commands of customers, since the step began or the last outage, at most an hour; only with rehearse',
    fails: 'a share of which it is 99 % sure that it is larger than errorRate',
    before: ['to shifting', 'first share', 'next share'],
    sampled: true,
    timely: true,
    judge: (seen) => {
      const { at, step, settings } = seen;
      // The first share of what is owned by key follows at once, and is small.
      const asked = step?.kind === 'phase' || (at.ownership === 'whole' && givesAway(step, at));
      return asked && settings.rehearse > 0 ? rehearsalOf(seen) : null;
    },
    words: measuredInWords(
      'rehearsed commands',
      inPercent,
      'of the rehearsed commands fail on the new side',
      (subject) => ({
        todo: `see which (${typed(subject, 'mismatches')}) and why (its log), mend it, and let the gate begin anew`,
        command: typed(subject, 'mismatches', '--clear'),
      }),
    ),
  },
};
