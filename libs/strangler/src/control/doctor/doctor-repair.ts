import { otherSide, type Side } from '../../routes/phase.js';
import type { SideControl } from '../../sides/side.js';
import type { Repair } from '../conditions/finding.js';

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
      // As a hand-off is taken back: the other one first, beyond all of before, so that a late `own` is refused there.
      const to = Math.max(repair.epoch, repair.otherEpoch) + 1;
      const refuses = await sides[otherSide(repair.side)].raise({ epoch: repair.otherEpoch, to });
      return refuses && side.raise({ epoch: repair.epoch, to });
    }
    case 'capture anew': {
      const both = [side, sides[otherSide(repair.side)]];
      const states = await Promise.all(both.map((each) => each.state()));
      if (states.some(({ ownership }) => !ownership.capture || ownership.epoch !== repair.epoch))
        return false;
      // The other one, too: what is missing here of its rows nobody knows either. Until it has sent them all, the table here is known to lack them.
      for (const each of both) await each.startCapture({ backfill: true });
      return true;
    }
    case 'raise':
      return side.raise({ epoch: repair.epoch, to: repair.to });
  }
}
