import { subjectOf, typed } from '../conditions/advice.js';
import { RefusedError } from '../terms/refused.js';
import { PlainBody } from './bodies.js';
import { command } from './command.js';

/** No further step begins. */
export const pause = command({
  body: PlainBody,
  atOnce: true,
  steers: true,
  plan: ({ row, actor, advice }) => {
    const goOn = typed(subjectOf(row, advice), 'resume');
    if (row.paused === 'all')
      throw new RefusedError(`${row.module} is paused already; let it go on: ${goOn}`);
    const under = row.transition ? ['the step under way is ended'] : [];
    return {
      plan: [...under, `no other step begins until: ${goOn}`],
      change: { paused: 'all', pauseReason: `by ${actor}` },
      begins: false,
    };
  },
});
