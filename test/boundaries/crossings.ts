import { migrations } from '#migrations';
import { crossingsSql } from '../../apps/cli/src/boundaries/crossings.js';
import type { TestDatabase } from '../support/postgres.js';

/** Something in one schema that needs something in another. */
export interface Crossing {
  what: string;
  needs: string;
}

/** What crosses the modules' schemas in a database, as far as PostgreSQL itself or the text of a function knows. */
export const crossings = (database: TestDatabase): Promise<Crossing[]> =>
  database.query<Crossing>(crossingsSql, [['strangler', ...Object.keys(migrations)]]);
