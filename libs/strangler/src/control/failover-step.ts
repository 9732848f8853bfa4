import { buckets } from '../bucket.js';
import type { SideControl } from '../side/side.js';
import { NotNowError } from './capture-step.js';

/**
 * The monolith takes everything, without asking the other side: at an epoch that nothing of before can reach. `epoch` is
 * the journalled one of the monolith before the first attempt, so that it can be done again after a crash.
 */
export async function takeEverything(monolith: SideControl, epoch: number): Promise<void> {
  // Who fails over accepts what this database has, also if it came from a backup.
  await monolith.adopt({ epoch });
  if (!(await monolith.own({ epoch, extractedBelow: 0 }))) {
    const { ownership } = await monolith.state();
    if (ownership.epoch < epoch + 1 || ownership.extractedBelow !== 0) {
      throw new NotNowError(`the monolith is at epoch ${ownership.epoch}, expected was ${epoch}`);
    }
  }
  // The other side may have reached the next epoch in a hand-off that was under way, so it is skipped.
  await monolith.raise({ epoch: epoch + 1, to: epoch + 3 });
  await monolith.stopCapture({ epoch: epoch + 3 });
}

/** Fences a side that was given up and is back: its processes may still believe that they own something. */
export async function fenceReturned(
  extracted: SideControl,
): Promise<{ pending: number; parked: number; extractedBelow: number; epoch: number } | undefined> {
  const { ownership, outgoing } = await extracted.state();
  const { epoch, extractedBelow } = ownership;
  const fenced = ownership.fenceFrom === 0 && ownership.fenceTo === buckets;
  if (!fenced && (await extracted.fence({ epoch, from: 0, to: buckets })) === null) return undefined;
  return { pending: outgoing.pending, parked: outgoing.parked, extractedBelow, epoch };
}
