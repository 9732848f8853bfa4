import type { Database } from '../../database/database.js';
import type { GaugeSet, Reading } from './gauges.js';

interface Row {
  module: string;
  what: string;
  rows: number;
  age: number;
}

/** Nobody waits for a scrape longer, in ms. */
const statementTimeoutMs = 2_500;

const sql = `
  select module, what, rows::float8 as rows,
    greatest(0, extract(epoch from clock_timestamp() - passed_at))::float8 as age
  from strangler.pruning order by module, what`;

/** What has been pruned in this database, and whether it goes on. */
export function pruningGauges(database: Pick<Database, 'together'>): GaugeSet {
  const labels = ['module', 'what'];
  return {
    gauges: {
      strangler_pruned_rows: { help: 'Rows pruned here since it was installed', labels },
      strangler_prune_age_seconds: { help: 'How long ago nothing was left to prune', labels },
    },
    read: async () => {
      const [found = []] = await database.together([{ sql }], { statementTimeoutMs });
      const of = (value: (row: Row) => number): Reading[] =>
        (found as Row[]).map((row) => ({
          labels: { module: row.module, what: row.what },
          value: value(row),
        }));
      return {
        strangler_pruned_rows: of((row) => row.rows),
        strangler_prune_age_seconds: of((row) => row.age),
      };
    },
  };
}
