import { policies } from '../../routes/phase.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { RefusedError } from '../terms/refused.js';
import { RepairBody } from './bodies.js';
import { command } from './command.js';
import { requireAlive } from './preconditions.js';
import { rejoinFirst } from './rejoin-first.js';

/** Compares all rows of both sides. */
export const verify = command({
  body: RepairBody,
  plan: (context, { repair = false }) => {
    const { row, verifying, advice } = context;
    requireAlive(context);
    if (policies[row.phase].atHome)
      throw new RefusedError(`${row.module} is on monolith: there is no copy to compare with`);
    if (verifying)
      throw new RefusedError(
        `verify of ${row.module} is running already; stop it: ${typed(subjectOf(row, advice), 'abort')}`,
      );
    const first = repair ? rejoinFirst(context) : undefined;
    if (first !== undefined) throw new RefusedError(`no row is sent again now: ${first}`);
    const again = repair ? ['send the owner’s rows again where they differ'] : [];
    return { plan: ['compare all rows of both sides', ...again], begins: true };
  },
  effect: ({ verifications, clock }, { row, actor }, { repair = false }) =>
    verifications.request(row.module, { actor, repair }, clock.now()),
});
