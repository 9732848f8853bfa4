import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsInt, Min } from 'class-validator';
import type { QuarantinedRow } from '../../engine/replication/outgoing-state.js';
import { policies, sides, type Side } from '../../routes/phase.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { RefusedError } from '../terms/refused.js';
import { PlainBody } from './bodies.js';
import { command, type CommandParts } from './command.js';

class QuarantinedBody extends PlainBody {
  @IsIn(['retry', 'discard']) how: 'retry' | 'discard';
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_000)
  @IsInt({ each: true })
  @Min(1, { each: true })
  ids: number[];
}

/** Sends rows that could not be stored again, or forgets them. */
export const quarantined = command({
  body: QuarantinedBody,
  atOnce: true,
  ask: ({ row }, parts) => quarantinedBySide(row.module, parts),
  plan: ({ row, advice }, { how, ids }, bySide: QuarantinedBySide) => {
    const unknown = ids.filter((id) => sides.every((side) => idsOf(bySide, side, [id]).length === 0));
    if (unknown.length > 0) {
      throw new RefusedError(
        `there is no quarantined row ${unknown.join(', ')} of ${row.module}; see: ${typed(subjectOf(row, advice), 'quarantined')}`,
      );
    }
    const plan = sides.flatMap((side) => idsOf(bySide, side, ids).map((id) => `${how} row ${id} of ${side}`));
    return { plan, begins: false };
  },
  effect: async ({ needs }, { row }, { how, ids }, bySide) => {
    for (const side of sides) {
      const known = idsOf(bySide, side, ids);
      if (known.length > 0) await needs.sides(row.module)[side].unpark({ ids: known, how });
    }
  },
});

type QuarantinedBySide = Readonly<Record<Side, readonly QuarantinedRow[]>>;

const idsOf = (rows: QuarantinedBySide, side: Side, wanted: readonly number[]): number[] =>
  rows[side].map(({ id }) => id).filter((id) => wanted.includes(id));

/** The quarantined rows of both sides; a side that cannot be asked has none. */
export async function quarantinedBySide(
  module: string,
  { needs, store }: Pick<CommandParts, 'needs' | 'store'>,
): Promise<QuarantinedBySide> {
  const controls = needs.sides(module);
  const of = (side: Side) => controls[side].parked().catch((): QuarantinedRow[] => []);
  const row = await store.read(module);
  const [monolith, extracted] = await Promise.all([
    of('monolith'),
    policies[row.phase].atHome ? [] : of('extracted'),
  ]);
  return { monolith, extracted };
}
