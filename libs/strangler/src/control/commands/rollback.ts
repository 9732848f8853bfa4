import { IsIn } from 'class-validator';
import { Maybe } from '../../contract/fields.js';
import { phases, policies, type Phase } from '../../routes/phase.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { rank } from '../terms/machine.js';
import { RefusedError } from '../terms/refused.js';
import { SteeringBody } from './bodies.js';
import { command, type CommandContext } from './command.js';
import { requireAlive, requireUnheld } from './preconditions.js';
import { towards, wants } from './steering.js';

class RollbackBody extends SteeringBody {
  @Maybe() @IsIn(phases) to?: Phase | null;
}

/** Where one goes back to. */
const waysBack = phases.filter((phase) => policies[phase].isWayBack);

/** Back, with every write made on the other side. */
export const rollback = command({
  body: RollbackBody,
  steers: true,
  plan: (context, { to = 'monolith' }) => {
    const { row, at, observed } = context;
    requireAlive(context);
    if (!policies[to].isWayBack) {
      throw new RefusedError(`rollback leads to ${waysBack.join(', ')}; for a smaller share use shift`);
    }
    const further = row.transition !== null || rank(row.wanted.phase) > rank(to);
    if (rank(to) >= rank(row.phase) && !(rank(to) === rank(row.phase) && further)) {
      throw new RefusedError(nowhereBack(context, to));
    }
    if (at.below > 0 && observed.states.extracted === null) {
      throw new RefusedError(
        `${at.below / 100} % of ${row.module} belong to the extracted side, which cannot be asked: its latest writes are only there; ${startIt(context)}, or if it is gone for good: ${typed(subjectOf(row, context.advice), 'failover', '--i-have-fenced-it')}`,
      );
    }
    requireUnheld(context, `rollback ${row.module}${policies[to].atHome ? '' : ` --to ${to}`}`);
    return towards(context, wants(context, to));
  },
});

function nowhereBack({ row, advice }: CommandContext, to: Phase): string {
  const { module, phase } = row;
  const earlier = phases.slice(0, Math.min(rank(phase), waysBack.length));
  const back = typed(subjectOf(row, advice), 'rollback', `--to ${earlier.at(-1)}`);
  const where =
    earlier.length === 0
      ? 'there is nothing to go back to'
      : `to ${earlier.join(', ')} one goes back: ${back}`;
  return `${module} is in phase ${phase}${phase === to ? ' already' : ''}; ${where}`;
}

function startIt({ row: { module }, advice }: CommandContext): string {
  const start = advice.start(module);
  return start === null ? 'start it' : `start it: ${start}`;
}
