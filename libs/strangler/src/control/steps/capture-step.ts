import type { Side } from '../../routes/phase.js';
import type { SideControl } from '../../sides/side.js';
import { absenceOf } from '../conditions/absence.js';
import { typed, type Subject } from '../conditions/advice.js';
import type { Observed } from '../conditions/observed.js';
import type { Need } from '../terms/need.js';
import { absenceNeed, waits } from '../conditions/sentences.js';

type Sides = Readonly<Record<Side, SideControl>>;

/** A step that cannot be done as things are; the message says what would make it possible. */
export class NotNowError extends Error {}

/** Why a module may not start to move: a side that is not there, or what both sides say is to be changed; null: it may. */
export async function captureObstacle(sides: Sides, subject: Subject): Promise<Need | null> {
  const problems: string[] = [];
  for (const side of ['monolith', 'extracted'] as const) {
    try {
      problems.push(...(await sides[side].check()).map((problem) => `${side}: ${problem}`));
      const { standpoint } = await sides[side].state();
      if (standpoint.standing !== null)
        problems.push(`${side}: its database was put back; join it again: ${typed(subject, 'rejoin')}`);
    } catch (error) {
      const absence = absenceOf(error);
      return side === 'monolith' ? waits.home(absence.detail) : absenceNeed(absence, subject);
    }
  }
  return problems.length > 0 ? waits.unfit(problems) : null;
}

/** What a schema has come to have since the move began that a module cannot move with; a side that cannot be asked says nothing. */
export async function brokenRules(sides: Sides): Promise<string[]> {
  const found = await Promise.all(
    (['monolith', 'extracted'] as const).map(async (side) => {
      const problems = await sides[side].check().catch(() => []);
      return problems.map((problem) => `${side}: ${problem}`);
    }),
  );
  return found.flat();
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
 * Brings both sides to one epoch, and makes each other's database known to them. Nothing is taken from a side that owns
 * something, or has seen a later hand-off: it gives way by itself, or this database is not what it was. What stands in the outbox
 * of an earlier run is reported and forgotten, never data.
 */
async function align({ monolith, extracted }: Sides): Promise<Record<string, unknown>> {
  const [home, away] = await Promise.all([monolith.state(), extracted.state()]);
  if (
    home.ownership.extractedBelow !== 0 ||
    home.ownership.fenceFrom !== null ||
    home.standpoint.standing !== null
  ) {
    throw new NotNowError(
      'the monolith does not own everything: its ownership row is fenced or older than the last move',
    );
  }
  const { epoch, extractedBelow, fenceFrom, capture } = away.ownership;
  const { peer, peerSince, database } = away.standpoint;
  if (peer !== null && peer !== home.standpoint.database)
    throw new NotNowError(
      `the service that answers (database ${database}) belongs to the database ${peer} since ${peerSince}, and this is ${home.standpoint.database}`,
    );
  if (extractedBelow !== 0 || epoch > home.ownership.epoch)
    throw new NotNowError(
      `the extracted side has seen more than the monolith (epoch ${epoch}, it owns ${extractedBelow / 100} %): it gives way once it has said hello, or this database was put back`,
    );
  const left = away.outgoing.pending + away.outgoing.parked;
  if (capture || left > 0) await extracted.stopCapture({ epoch });
  await extracted.adopt({ epoch });
  if (fenceFrom !== null) await extracted.release({ epoch, extractedBelow: 0 });
  const top = home.ownership.epoch;
  if (epoch < top) await extracted.raise({ epoch, to: top });
  // In this order: a side that knows of a pairing, and does not capture yet, claims nothing.
  await extracted.pair(home.standpoint);
  await monolith.pair(away.standpoint);
  return left > 0 ? { forgottenOnExtracted: left } : {};
}

/**
 * Makes the sides known to each other of a module that has moved for good before databases had ids: nothing copies there any more, so
 * no hello does it, and calls name the database that is meant. `moved`: also a database that was made from the service's own, for an
 * operator says that nothing is missing there. Done again it changes nothing.
 */
export async function pairFinished(
  sides: Sides,
  states: Observed['states'],
  { moved = false } = {},
): Promise<void> {
  const [home, away] = [states.monolith?.standpoint, states.extracted?.standpoint];
  if (!home || !away) return;
  const paired = home.peer === away.database && away.peer === home.database;
  // What belongs to another one stays with it.
  const free =
    [null, away.database, ...(moved ? [away.knownAs] : [])].includes(home.peer) &&
    [null, home.database].includes(away.peer);
  if (paired || !free) return;
  // Whoever says so again finds what he has said only as long as the service is known by its former id.
  if (moved) await sides.monolith.pair(away);
  // Else the service first: one that two shops find free takes one of them, and the other one is bound to nobody.
  await sides.extracted.pair(home);
  await sides.monolith.pair(away);
}

/**
 * Ends the copying on both sides, which are at `epoch`. A side that cannot be reached keeps its capture; `doctor` finds it
 * there.
 */
export async function endCapture(
  { monolith, extracted }: Sides,
  epoch: number,
): Promise<Record<string, unknown>> {
  await endAt(monolith, epoch);
  try {
    await endAt(extracted, epoch);
    return {};
  } catch (error) {
    return { captureLeftOnExtracted: (error as Error).message };
  }
}

/** Leaves the epoch: what a side still believes that does not hear of it is older from here on. Done again it changes nothing. */
async function endAt(side: SideControl, epoch: number): Promise<void> {
  const { ownership } = await side.state();
  if (ownership.epoch === epoch + 1 && !ownership.capture) return;
  await side.stopCapture({ epoch });
  await side.raise({ epoch, to: epoch + 1 });
}
