import { createHash } from 'node:crypto';
import type { Side } from '../../routes/phase.js';
import { literal, quoted, type MovingTable } from '../../database/tables.js';

/** A column to compare, and the SQL that gives its text for a row `t`. */
export interface ComparedColumn {
  readonly name: string;
  readonly text: string;
}

/**
 * The columns by which a row is compared: those of the table on the side `as`, out of a row `t` of the side `on`. Generated
 * columns are left out: they follow from the others.
 */
export function comparedFormOf(table: MovingTable, on: Side, as: Side): ComparedColumn[] {
  const { transform } = table;
  const theirs = as === 'extracted' ? transform?.toExtracted : transform?.toMonolith;
  const columns =
    as === on || !theirs
      ? table.columns.map(({ name }): [string, string] => [name, `t.${quoted(name)}`])
      : Object.entries(theirs);
  return columns.map(([name, sql]) => ({ name, text: `(${sql})::text collate "C"` }));
}

/**
 * SQL for the fingerprint of one row, a bigint. Each column is hashed with a seed of its own, made of its name: then
 * neither their order nor a separator matters, and null differs from an empty text. The last step is what makes sums of
 * fingerprints safe: without it two rows that have exchanged a value would give the same xor as before.
 */
export const fingerprintOf = (columns: readonly ComparedColumn[]): string =>
  `hashtextextended('' collate "C", ${columns
    .map(({ name, text }) => `coalesce(hashtextextended(${text}, ${seedOf(name)}), ${seedOf(name)})`)
    .join(' # ')})`;

/** 48 bits, so that it is exact in JavaScript too. */
const seedOf = (name: string): string =>
  `${createHash('sha256').update(name).digest().readUIntBE(0, 6)}::bigint`;

/** Longer texts are cut: rows travel in one message, and a cut one is never as short as one that is whole. */
const wholeTo = 200;
/** What a cut text takes at most, in bytes: the hash, and four for a character. */
export const fieldBytes = 4 * wholeTo + 120;

/** SQL for the columns' texts, as `text[]` in their order. */
export const fieldsOf = (columns: readonly ComparedColumn[]): string => `array(
  select case when length(field) <= ${wholeTo} then field
    else left(field, ${wholeTo}) || ${literal('… ')} || length(field) || ' characters, sha256 '
      || encode(sha256(convert_to(field, 'UTF8')), 'hex') end
  from unnest(array[${columns.map(({ text }) => text).join(', ')}]) with ordinality as u (field, place)
  order by place)`;
