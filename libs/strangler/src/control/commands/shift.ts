import { IsInt, Max, Min } from 'class-validator';
import { policies } from '../../routes/phase.js';
import { RefusedError } from '../terms/refused.js';
import { SteeringBody } from './bodies.js';
import { command } from './command.js';
import { requireAlive, requireCopy, requireUnheld } from './preconditions.js';
import { towards, wants } from './steering.js';

/**
 * The body of `shift`: the share to go to.
 *
 * @internal
 */
export class ShiftBody extends SteeringBody {
  @IsInt() @Min(0) @Max(100) percent: number;
}

/** Moves the border: the extracted side is to own so many per cent of the keys. */
export const shift = command({
  body: ShiftBody,
  steers: true,
  plan: (context, { percent }) => {
    const { row, at } = context;
    requireAlive(context);
    requireCopy(context, 'shift');
    const there = policies[row.phase].byShare && at.percent === percent && !row.transition;
    if (there && policies[row.wanted.phase].byShare && row.wanted.percent === percent) {
      throw new RefusedError(`${row.module} is at ${percent} % already`);
    }
    requireUnheld(context, `shift ${row.module} ${percent}`);
    return towards(context, wants(context, 'shifting', percent));
  },
});
