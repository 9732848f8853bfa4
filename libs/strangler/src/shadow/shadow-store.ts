import type { Queryable } from '../database.js';
import type { MismatchEntry } from '../control/operator.js';
import type { Difference } from './compare.js';

/** So many samples of a module are kept, the latest. */
const mostSamples = 100;

/** The results of shadow reads, in the database: they are of all processes, and outlive them. */
export class ShadowStore {
  constructor(private readonly database: Queryable) {}

  /** Adds to the module's counts. */
  async count(module: string, compared: number, mismatches: number): Promise<void> {
    await this.database.query(
      `insert into strangler.shadow (module, compared, mismatches) values ($1, $2, $3)
       on conflict (module) do update set
         compared = shadow.compared + excluded.compared, mismatches = shadow.mismatches + excluded.mismatches`,
      [module, compared, mismatches],
    );
  }

  /** Keeps one pair of answers that differ, and forgets the oldest beyond the bound. */
  async keep(module: string, operation: string, input: unknown, differences: Difference[]): Promise<void> {
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

  async counts(module: string): Promise<{ compared: number; mismatches: number }> {
    const rows = await this.database.query<{ compared: number; mismatches: number }>(
      'select compared, mismatches from strangler.shadow where module = $1',
      [module],
    );
    return rows[0] ?? { compared: 0, mismatches: 0 };
  }

  /** The samples, newest first. */
  samples(module: string): Promise<MismatchEntry[]> {
    return this.database.query<MismatchEntry>(
      'select at, operation, input, differences from strangler.mismatch where module = $1 order by id desc',
      [module],
    );
  }

  /** Begins anew: a walk is judged by its own reads. The samples stay. */
  async reset(module: string): Promise<void> {
    await this.database.query('delete from strangler.shadow where module = $1', [module]);
  }
}
