import { sides, type Side } from '../../routes/phase.js';
import type { ChunkRange, VerifyRow } from './chunk.js';
import type { ChunkControl } from './chunks.js';
import type { RowPair } from './difference.js';

/** Both sides of the module under comparison. */
export type Controls = Readonly<Record<Side, ChunkControl>>;

/** Names a primary key. */
export const idOf = (pk: readonly string[]): string => JSON.stringify(pk);

type Forms = Partial<Record<Side, VerifyRow>>;

/** Reads the rows of a range on both sides. `forms`: in the form of these sides; one will do where both are the same. */
export async function readPairs(
  controls: Controls,
  range: ChunkRange,
  forms: readonly Side[],
): Promise<Map<string, RowPair>> {
  const pairs = new Map<string, { pk: string[]; monolith?: Forms; extracted?: Forms }>();
  const { table, after, upTo } = range;
  const read = async (side: Side, as: Side) => {
    for (const row of await controls[side].chunkRows({ table, after, upTo, as })) {
      const id = idOf(row.pk);
      const pair = pairs.get(id) ?? { pk: row.pk };
      pairs.set(id, pair);
      pair[side] = { ...pair[side], [as]: row };
    }
  };
  await Promise.all(sides.flatMap((side) => forms.map((as) => read(side, as))));
  for (const pair of pairs.values()) for (const side of sides) pair[side] = complete(pair[side]);
  return pairs as Map<string, RowPair>;
}

/** A row that was written between its two readings, or read in one form only, has the same in both. */
function complete(forms: Forms | undefined): Forms | undefined {
  const any = forms && (forms.monolith ?? forms.extracted);
  return any && { monolith: any, extracted: any, ...forms };
}

/** The primary keys, of those given, that are in the outbox of either side. */
export async function inFlightOnAnySide(
  controls: Controls,
  table: string,
  pks: string[][],
): Promise<Set<string>> {
  if (pks.length === 0) return new Set();
  const both = await Promise.all(sides.map((side) => controls[side].inFlight({ table, pks })));
  return new Set(both.flat().map(idOf));
}
