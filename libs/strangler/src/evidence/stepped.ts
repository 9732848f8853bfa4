import type { Queryable } from '../database/database.js';
import type { TimeSteps } from './time-steps.js';

/** What was found in one step: `step`, its place, from 0. */
export type Stepped<T> = T & { step: number };

/** Of the windows of a module, by the step in which their slots begin: for statements of {@link rowsInSteps}. */
export const stepped = {
  step: `floor((extract(epoch from slot)::float8 - $2::float8) / $4::float8)::integer as step`,
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
export function inSteps<R extends { step: number }, T>(
  rows: readonly R[],
  { at }: TimeSteps,
  of: (found: R | undefined) => T,
): T[] {
  const byStep = new Map(rows.map((row) => [row.step, row]));
  return at.map((_second, step) => of(byStep.get(step)));
}
