import { otherSide, type Side } from '../../routes/phase.js';
import type { SideControl } from '../../sides/side.js';
import { NotNowError } from './capture-step.js';

/**
 * The side whose database was put back becomes the copy of the other one, which has everything. In two steps: it gives up at a new
 * epoch; then the other one owns everything at that epoch, and begins to fill the copy. Only when it has seen that does it become the
 * copy. Each step may be done again.
 */
export async function rejoinSides(
  sides: Readonly<Record<Side, SideControl>>,
  { side, epoch }: { side: Side; epoch: number },
  onStep: (what: string) => void,
): Promise<void> {
  const whole = otherSide(side);
  const { ownership, standpoint } = await sides[side].state();
  if (standpoint.moved) {
    onStep('stand in the place of its original');
    await sides[side].adopt({ epoch: ownership.epoch });
    if (await sides[side].prove())
      throw new NotNowError(`${side} has proven itself: nothing is missing there`);
  }
  onStep('give up');
  if (!(await sides[side].giveUp({ epoch })))
    throw new NotNowError(`the database of ${side} is not marked as rolled back any more`);
  onStep('take over');
  if (!(await sides[whole].takeWhole({ epoch })))
    throw new NotNowError(
      `${whole} does not hold everything, or has not proven itself, or is beyond epoch ${epoch}`,
    );
  onStep('become the copy');
  await sides[side].startCapture({ backfill: false });
  if (!(await sides[side].prove()))
    throw new NotNowError(`${side} has not seen yet that ${whole} owns everything`);
}
