import { detailWithoutValues, withoutValues } from '../../database/without-values.js';

/** Classes of SQLSTATE that tell of the row itself: data, constraints, cardinality, limits of the program. */
const ofTheRow = ['21', '22', '23', '54'];
/** Two rows want one place, and may have swapped it; or a row has come back under another routing key. */
const conflicts = new Set(['23505', '23P01', 'SR403']);
/** `raise exception` in a transform's function. */
const raised = 'P0001';

/** What an error of PostgreSQL says about the batch. Refusals, time-outs and lost connections are nobody's fault. */
export function verdictOn(error: unknown): 'conflict' | 'poison' | 'retry' {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || code.length !== 5) return 'retry';
  if (conflicts.has(code)) return 'conflict';
  return code === raised || ofTheRow.includes(code.slice(0, 2)) ? 'poison' : 'retry';
}

/** An error in one line, for people; without values of rows. */
export function messageOf(error: unknown): string {
  const { message, detail, code } = error as { message?: string; detail?: string; code?: string };
  const said = withoutValues(message || code || String(error), code);
  return [said, detailWithoutValues(detail, code)].filter(Boolean).join('; ');
}
