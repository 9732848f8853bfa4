import { buckets } from '../../routes/bucket.js';
import { reachedBy } from '../../engine/continuity/take-over.js';
import type { SideControl } from '../../sides/side.js';
import { NotNowError } from './capture-step.js';

/**
 * The monolith takes everything, without asking the other side: at an epoch that nothing of before can reach. `epoch` is
 * the journalled one of the monolith before the first attempt, so that it can be done again after a crash.
 */
export async function takeEverything(monolith: SideControl, epoch: number): Promise<void> {
  if (!(await monolith.takeOver({ epoch }))) {
    const { ownership } = await monolith.state();
    throw new NotNowError(`the monolith is at epoch ${ownership.epoch}, expected was ${epoch}`);
  }
  await monolith.stopCapture({ epoch: reachedBy(epoch) });
}

/**
 * Fences a side that was given up and is back: its processes may still believe that they own something. It gives way once it has
 * said hello; then what it had not sent is a report.
 */
export async function fenceReturned(
  extracted: SideControl,
): Promise<{ reported: number; parked: number; extractedBelow: number; epoch: number } | undefined> {
  const { ownership, outgoing } = await extracted.state();
  const { epoch, extractedBelow } = ownership;
  const { reported, parked } = outgoing;
  if (extractedBelow === 0) return { reported, parked, extractedBelow, epoch };
  const fenced = ownership.fenceFrom === 0 && ownership.fenceTo === buckets;
  if (!fenced) await extracted.fence({ epoch, from: 0, to: buckets });
  return undefined;
}
