import type { Side } from '../phase.js';
import type { SideControl } from '../side/side.js';
import { absenceOf } from './absence.js';
import type { Subject } from './advice.js';
import type { Need } from './need.js';
import { absenceNeed, waits } from './sentences.js';

type Sides = Readonly<Record<Side, SideControl>>;

/** A step that cannot be done as things are; the message says what would make it possible. */
export class NotNowError extends Error {}

/** Why a module may not start to move: a side that is not there, or what both sides say is to be changed; null: it may. */
export async function captureObstacle(sides: Sides, subject: Subject): Promise<Need | null> {
  const problems: string[] = [];
  for (const side of ['monolith', 'extracted'] as const) {
    try {
      problems.push(...(await sides[side].check()).map((problem) => `${side}: ${problem}`));
    } catch (error) {
      const absence = absenceOf(error);
      return side === 'monolith' ? waits.home(absence.detail) : absenceNeed(absence, subject);
    }
  }
  return problems.length > 0 ? waits.unfit(problems) : null;
}

/**
 * Begins to copy: capture on `extracted` first, so that nobody can write there by mistake, then on the monolith, then the
 * rows that are there. The monolith owns everything. Done again it copies anew, and changes nothing else.
 */
export async function beginCapture(sides: Sides): Promise<Record<string, unknown>> {
  const figures = await align(sides);
  await sides.extracted.startCapture({ backfill: false });
  await sides.monolith.startCapture({ backfill: true });
  return figures;
}

/**
 * Brings both sides to one epoch. What `extracted` believes to own from an earlier life (it was given up by a failover, or
 * came from a backup) is taken from it, and what stands in its outbox is reported and forgotten, never data.
 */
async function align({ monolith, extracted }: Sides): Promise<Record<string, unknown>> {
  const [home, away] = await Promise.all([monolith.state(), extracted.state()]);
  if (home.ownership.extractedBelow !== 0 || home.ownership.fenceFrom !== null) {
    throw new NotNowError(
      'the monolith does not own everything: its ownership row is fenced or older than the last move',
    );
  }
  const { epoch, extractedBelow, fenceFrom, capture } = away.ownership;
  const left = away.outgoing.pending + away.outgoing.parked;
  if (capture || left > 0) await extracted.stopCapture({ epoch });
  await extracted.adopt({ epoch });
  if (extractedBelow !== 0 || fenceFrom !== null) await extracted.release({ epoch, extractedBelow: 0 });
  const top = Math.max(epoch, home.ownership.epoch);
  if (epoch < top) await extracted.raise({ epoch, to: top });
  if (home.ownership.epoch < top) await monolith.raise({ epoch: home.ownership.epoch, to: top });
  return left > 0 ? { forgottenOnExtracted: left } : {};
}

/**
 * Ends the copying on both sides, which are at `epoch`. A side that cannot be reached keeps its capture; `doctor` finds it
 * there.
 */
export async function endCapture(
  { monolith, extracted }: Sides,
  epoch: number,
): Promise<Record<string, unknown>> {
  await monolith.stopCapture({ epoch });
  try {
    await extracted.stopCapture({ epoch });
    return {};
  } catch (error) {
    return { captureLeftOnExtracted: (error as Error).message };
  }
}
