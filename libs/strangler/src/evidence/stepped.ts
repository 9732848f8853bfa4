import type { Queryable } from '../database/database.js';
import type { TimeSteps } from './time-steps.js';

/** What was found in one step: `at`, its beginning, s since 1970. */
export type Stepped<T> = T & { at: number };

/** Of the windows of a module, by the step in which their slots begin: for statements of {@link rowsInSteps}. */
export const stepped = {
  at: `(floor(extract(epoch from slot) / $4::integer) * $4::integer)::float8 as at`,
  within: `module = $1 and slot >= to_timestamp($2::float8) and slot < to_timestamp($3::float8)`,
} as const;

/** Runs a statement over the windows of these steps: at most one row for each that it tells apart. */
export async function rowsInSteps<T extends object>(
  database: Queryable,
  sql: string,
  module: string,
  { at, stepSeconds }: TimeSteps,
): Promise<Stepped<T>[]> {
  const [first] = at;
  if (first === undefined) return [];
  const end = first + at.length * stepSeconds;
  return database.query<Stepped<T>>(sql, [module, first, end, stepSeconds], { prepared: true });
}

/** A value for each step, by the row that stands for it. */
export function inSteps<R extends Stepped<object>, T>(
  rows: readonly R[],
  { at }: TimeSteps,
  of: (found: R | undefined) => T,
): T[] {
  const byStep = new Map(rows.map((row) => [row.at, row]));
  return at.map((second) => of(byStep.get(second)));
}
