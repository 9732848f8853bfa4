import type { Queryable } from '../../database/database.js';

import type { FieldDifference } from './compare.js';

/** So many samples of a module are kept, the latest. */
const mostSamples = 100;

/**
 * Pairs of answers that differ, in the database: they are of all processes, and outlive them.
 *
 * @internal
 */
export class ShadowStore {
  constructor(private readonly database: Queryable) {}

  /** Keeps one pair of answers that differ, and forgets the oldest beyond the bound. */
  async keep(
    module: string,
    operation: string,
    input: unknown,
    differences: FieldDifference[],
  ): Promise<void> {
    await this.database.query(
      'insert into strangler.mismatch (module, operation, input, differences) values ($1, $2, $3, $4)',
      [module, operation, JSON.stringify(input ?? null), JSON.stringify(differences)],
    );
    await this.database.query(
      `delete from strangler.mismatch where module = $1 and id <= (
         select id from strangler.mismatch where module = $1 order by id desc offset $2 limit 1)`,
      [module, mostSamples],
    );
  }

  /** The samples, newest first. */
  samples(module: string): Promise<MismatchEntry[]> {
    return this.database.query<MismatchEntry>(
      'select at, operation, input, differences from strangler.mismatch where module = $1 order by id desc',
      [module],
    );
  }

  /** Forgets the samples; answers how many there were. */
  async clear(module: string): Promise<number> {
    const gone = await this.database.query('delete from strangler.mismatch where module = $1 returning id', [
      module,
    ]);
    return gone.length;
  }
}

/**
 * A query whose two answers differed.
 *
 * @example
 * ```ts
 * const text = ({ operation, differences }: MismatchEntry) => `${operation}: ${differences.map(({ path }) => path).join(', ')}`;
 * ```
 */
export interface MismatchEntry {
  at: string;
  operation: string;
  input: unknown;
  differences: {
    path: string;
    monolith: unknown;
    extracted: unknown;
    /** The line of the contract with which this field is compared no more; left out: there is none. */
    volatileLine?: string;
  }[];
}
