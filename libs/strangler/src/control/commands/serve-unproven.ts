import { policies, sides, type Side } from '../../routes/phase.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { RefusedError } from '../terms/refused.js';
import { pairFinished } from '../steps/capture-step.js';
import { FencedBody } from './bodies.js';
import { command, type Accepted, type CommandContext } from './command.js';

/** An operator's word that the database of the unproven side is as it was. */
export const serveUnproven = command({
  body: FencedBody,
  atOnce: true,
  announced: true,
  plan: (context, { iHaveFencedIt }) => {
    const { row, observed, advice } = context;
    if (standsElsewhere(context)) return serveElsewhere(context, iHaveFencedIt);
    const side = unprovenSide(context);
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
      begins: false,
      ...(!iHaveFencedIt && {
        refusal: `first make sure that the database of ${side} is as it was, and that nobody else owns what it does, then say so: --i-have-fenced-it`,
      }),
    };
  },
  effect: async ({ needs }, context) => {
    const { states } = context.observed;
    const controls = needs.sides(context.row.module);
    const side = unprovenSide(context);
    if (standsElsewhere(context)) await pairFinished(controls, states, { moved: true });
    else if (!(await controls[side].serveUnproven({ start: states[side]?.standpoint.start ?? '' })))
      throw new RefusedError('its server has started anew this moment: look again');
  },
});

/** The side that an operator's word is for: one that answers and has not proven itself, the monolith first, and none that was put back. */
function unprovenSide({ observed: { states } }: Pick<CommandContext, 'observed'>): Side {
  const unproven = sides.filter((side) => states[side]?.standpoint.proven === false);
  return unproven.find((side) => states[side]?.standpoint.standing === null) ?? unproven[0] ?? 'monolith';
}

/** A service that has moved for good stands on a database that was made from its own, and nobody can see whether it lacks something. */
function standsElsewhere({ row, observed: { states } }: Pick<CommandContext, 'row' | 'observed'>): boolean {
  const away = states.extracted?.standpoint;
  return (
    policies[row.phase].ended && Boolean(away?.knownAs) && away?.knownAs === states.monolith?.standpoint.peer
  );
}

function serveElsewhere({ row, observed }: CommandContext, iHaveFencedIt: boolean): Accepted {
  const { database, knownAs } = observed.states.extracted!.standpoint;
  return {
    plan: [
      `the database ${database} is that of ${row.module} from now on, in the place of ${knownAs}, on your word alone`,
    ],
    begins: false,
    ...(!iHaveFencedIt && {
      refusal: `first make sure that nothing is missing in the database ${database}, and that nobody serves ${knownAs} any more, then say so: --i-have-fenced-it`,
    }),
  };
}
