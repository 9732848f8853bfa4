import { IsBoolean, Length } from 'class-validator';
import { Maybe } from '../../contract/fields.js';
import { buckets } from '../../routes/bucket.js';
import { policies } from '../../routes/phase.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { gatesFor, gateSentence } from '../conditions/gates.js';
import { inWords } from '../terms/machine.js';
import { RefusedError } from '../terms/refused.js';
import { PlainBody } from './bodies.js';
import { command, type Accepted, type CommandContext } from './command.js';
import { requireIdle } from './preconditions.js';

class DecommissionBody extends PlainBody {
  /** The module's name once more: the one step without a way back is not to be taken by a slip. */
  @Length(1, 100) confirm: string;
  @Maybe() @IsBoolean() purge?: boolean | null;
}

/** The last step, or the very last: dropping the tables that were moved aside. */
export const decommission = command({
  body: DecommissionBody,
  looksAt: 'local use',
  plan: (context, { confirm, purge = false }) => {
    const { row } = context;
    if (confirm !== row.module) {
      throw new RefusedError(
        `there is no way back from this; confirm it with the module's name: --confirm ${row.module}`,
      );
    }
    if (policies[row.phase].ended) return purged(context, purge);
    if (purge) {
      const aside = typed(subjectOf(row, context.advice), 'decommission', `--confirm ${row.module}`);
      throw new RefusedError(`the tables are moved aside before they can be dropped; first: ${aside}`);
    }
    requireRetirable(context);
    const { observed, actor, at } = context;
    return {
      plan: [
        'verify compares all rows once more',
        inWords(at, { kind: 'decommission' }),
        `the tables stay in the schema ${row.module}_retired, those of another schema in ${row.module}_retired.<schema>, until: decommission --purge`,
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
  },
  effect: async ({ needs }, { row }) => {
    if (!policies[row.phase].ended) return;
    const { monolith } = needs.sides(row.module);
    const { ownership } = await monolith.state();
    await monolith.retire({ purge: true, epoch: ownership.epoch });
  },
});

function purged({ row, advice }: CommandContext, purge: boolean): Accepted {
  const { module } = row;
  if (!purge) {
    const drop = typed(subjectOf(row, advice), 'decommission', `--confirm ${module} --purge`);
    throw new RefusedError(`${module} is decommissioned already; drop the tables moved aside: ${drop}`);
  }
  const plan = [`the schema ${module}_retired is dropped, and so is each ${module}_retired.<schema>`];
  return { plan, begins: false };
}

function requireRetirable(context: CommandContext): void {
  const { row, at, observed } = context;
  const subject = subjectOf(row, context.advice);
  if (!policies[row.phase].moved) {
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
  requireIdle(context);
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
