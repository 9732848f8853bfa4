import { IsIn } from 'class-validator';
import { totalOf } from '../conditions/measured.js';
import { PlainBody } from './bodies.js';
import { command } from './command.js';

/**
 * The body of a command on the samples of answers that differ.
 *
 * @internal
 */
export class MismatchesBody extends PlainBody {
  /** Forgets what was compared, and the samples: the gate begins anew. */
  @IsIn([true]) clear: true;
}

/** Forgets what was compared since the step began: the gate asks anew. */
export const mismatches = command({
  body: MismatchesBody,
  atOnce: true,
  plan: ({ observed }) => {
    const { compared, mismatches } = totalOf(observed.evidence.shadow);
    return {
      plan: [
        `forget the comparisons of this step (${compared}, of which ${mismatches} differ) and the samples kept`,
        'the gate "shadow mismatches" begins anew',
      ],
      begins: false,
    };
  },
  effect: async ({ needs }, { row, observed }) => {
    const { compared, mismatches } = totalOf(observed.evidence.shadow);
    return { compared, mismatches, samples: await needs.clearMismatches(row.module) };
  },
});
