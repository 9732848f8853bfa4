import { ownsAll, type Standpoint } from '../../engine/identity/standing.js';
import { otherSide, type Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import type { BackfillState } from '../../engine/replication/outgoing-state.js';

/** Where a side stands, as it says, or as it has told the other one, which it does not take for its peer yet. */
export function standpointOf(
  side: Side,
  states: Readonly<Record<Side, SideState | null>>,
): Standpoint | null {
  const held = states[otherSide(side)]?.held;
  return states[side]?.standpoint ?? (held?.kind === 'moved' ? (held.told ?? null) : null);
}

/** The filling of a copy that is under way, or the one that was last. */
export function fillingOf({
  monolith,
  extracted,
}: Readonly<Record<Side, SideState | null>>): readonly BackfillState[] {
  const all = [extracted, monolith].map((state) => state?.outgoing.backfill ?? []);
  return all.find((tables) => tables.some(({ done }) => !done)) ?? monolith?.outgoing.backfill ?? [];
}

/** How many rows are copied, of about how many: of more, while one table is not done, however few were expected. */
export function rowsOf(tables: readonly BackfillState[]): { copied: number; total: number } {
  const sum = (rows: (table: BackfillState) => number) => tables.reduce((all, each) => all + rows(each), 0);
  return {
    copied: sum(({ copied }) => copied),
    total: sum(({ copied, total, done }) => (done ? copied : Math.max(total, copied + 1))),
  };
}

/** Whether a side's copy lacks rows of those that the other one owns: it is not filled yet, or is filled anew. */
export function lacksRows(
  side: Side,
  { standpoint: { complete, appliedLife, capture, extractedBelow } }: SideState,
): boolean {
  return capture && !ownsAll(side, extractedBelow) && !(complete && appliedLife !== null);
}

/** Whether a side holds all rows, if what it says of itself is true: it owns them, or its copy is whole. */
export function holdsAll(side: Side, standpoint: Standpoint | null): boolean {
  if (!standpoint || standpoint.standing !== null) return false;
  const { complete, appliedLife, extractedBelow } = standpoint;
  return ownsAll(side, extractedBelow) || (complete && appliedLife !== null);
}

/** Whether a side holds all rows, and has proven itself. */
export const isWhole = (side: Side, standpoint: Standpoint | null): boolean =>
  standpoint?.proven === true && holdsAll(side, standpoint);
