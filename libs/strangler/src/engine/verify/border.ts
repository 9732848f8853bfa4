import { buckets } from '../../routes/bucket.js';
import type { OwnershipRow } from '../ownership/ownership.js';
import { sides, type Side } from '../../routes/phase.js';
import type { ChunkControl } from './chunks.js';

/** Who owns which bucket, as both sides say it. */
export interface Border {
  /** Equal in two readings means that no ownership changed between them. */
  readonly version: string;
  /** Sides that own any bucket at all. */
  readonly owners: readonly Side[];
  /** undefined: the bucket is being handed off, or the sides do not agree. */
  owner(bucket: number): Side | undefined;
}

const owns = (row: OwnershipRow, bucket: number): boolean =>
  bucket < row.extractedBelow === (row.side === 'extracted') &&
  !(row.fenceFrom !== null && row.fenceTo !== null && bucket >= row.fenceFrom && bucket < row.fenceTo);

/** Puts together what the ownership rows of both sides say. */
export function borderOf(rows: Readonly<Record<Side, OwnershipRow>>): Border {
  return {
    version: sides.map((side) => rows[side].version).join('/'),
    owners: sides.filter((side) => sides.some((at) => ownsAny(rows[at], side))),
    owner: (bucket) => {
      const [owner, another] = sides.filter((side) => owns(rows[side], bucket));
      return another ? undefined : owner;
    },
  };
}

const ownsAny = ({ extractedBelow }: OwnershipRow, side: Side): boolean =>
  side === 'extracted' ? extractedBelow > 0 : extractedBelow < buckets;

/** Asks both sides. */
export async function readBorder(
  controls: Readonly<Record<Side, Pick<ChunkControl, 'state'>>>,
): Promise<Border> {
  const [monolith, extracted] = await Promise.all([controls.monolith.state(), controls.extracted.state()]);
  return borderOf({ monolith: monolith.ownership, extracted: extracted.ownership });
}
