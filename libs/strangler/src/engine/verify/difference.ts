import { otherSide, sides, type Side } from '../../routes/phase.js';
import type { VerifyRow } from './chunk.js';
import type { Border } from './border.js';

/** A row that is not the same on both sides. */
export interface Difference {
  table: string;
  /** The primary key, column by column. */
  pk: string[];
  /** The routing key, as the owner has it; of an orphan, as the copy has it. */
  key: string;
  /** The routing key that the copy has instead. */
  wrongKey?: string;
  /** The side whose row counts. */
  owner: Side;
  /** missing: only the owner has the row; orphan: only the copy has it. */
  kind: 'missing' | 'orphan' | 'differs';
  /** By column of the owner's table, those that differ; a side that has no such column is left out. */
  fields: Record<string, Partial<Record<Side, string | null>>>;
}

/** What both sides hold under one primary key, each in the form of both. */
export interface RowPair {
  readonly pk: string[];
  readonly monolith: Readonly<Record<Side, VerifyRow>> | undefined;
  readonly extracted: Readonly<Record<Side, VerifyRow>> | undefined;
}

/**
 * Compares one row in the form of its owner. 'moving': nobody owns it now; undefined: both sides hold the same.
 */
export function compareRow(table: string, pair: RowPair, border: Border): Difference | 'moving' | undefined {
  const owner = ownerOf(pair, border);
  if (!owner) return 'moving';
  const own = pair[owner]?.[owner];
  const copy = pair[otherSide(owner)]?.[owner];
  const { key } = (own ?? copy)!;
  if (!own || !copy) return { table, pk: pair.pk, key, owner, kind: own ? 'missing' : 'orphan', fields: {} };
  const fields = differingFields(owner, own, copy);
  const same = Object.keys(fields).length === 0;
  if (same) return undefined;
  const wrongKey = copy.key === key ? {} : { wrongKey: copy.key };
  return { table, pk: pair.pk, key, ...wrongKey, owner, kind: 'differs', fields };
}

/** Whether there is anything to look at, whoever owns the row. */
export const differsInAnyForm = ({ monolith, extracted }: RowPair): boolean =>
  !monolith ||
  !extracted ||
  sides.some((as) => Object.keys(differingFields(as, monolith[as], extracted[as])).length > 0);

/** The routing key of a corrupted copy may name another owner: who has the row under a key of his own comes first. */
function ownerOf({ monolith, extracted }: RowPair, border: Border): Side | undefined {
  const byMonolith = monolith && border.owner(monolith.monolith.bucket);
  const byExtracted = extracted && border.owner(extracted.extracted.bucket);
  if (monolith && extracted && byMonolith !== byExtracted) {
    if (byMonolith === 'monolith') return 'monolith';
    return byExtracted === 'extracted' ? 'extracted' : undefined;
  }
  return byMonolith ?? byExtracted;
}

function differingFields(owner: Side, own: VerifyRow, copy: VerifyRow): Difference['fields'] {
  const copied = otherSide(owner);
  const names = new Set([...Object.keys(own.fields), ...Object.keys(copy.fields)]);
  const differing = [...names].filter((name) => own.fields[name] !== copy.fields[name]);
  return Object.fromEntries(
    differing.map((name) => [name, { [owner]: own.fields[name], [copied]: copy.fields[name] }]),
  );
}
