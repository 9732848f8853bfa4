import type { Side } from '../phase.js';
import type { SideControl } from '../side/side.js';
import type { Repair } from './examiner.js';

/** Frees what `doctor` has found to be safe. Every repair is a compare-and-set: what has changed meanwhile is left alone. */
export async function carryOutRepair(
  repair: Repair,
  sides: Readonly<Record<Side, SideControl>>,
): Promise<boolean> {
  const side = sides[repair.side];
  switch (repair.kind) {
    case 'stop capture':
      await side.stopCapture({ epoch: repair.epoch });
      return true;
    case 'lift fence': {
      const { ownership } = await side.state();
      const { epoch, extractedBelow } = ownership;
      return epoch === repair.epoch && side.release({ epoch, extractedBelow });
    }
    case 'raise':
      return side.raise({ epoch: repair.epoch, to: repair.to });
  }
}
