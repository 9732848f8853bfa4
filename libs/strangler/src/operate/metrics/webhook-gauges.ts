import type { Database } from '../../database/database.js';
import type { GaugeSet, Reading } from './gauges.js';

interface Row {
  webhook: string;
  waiting: number;
  failed: number;
  failing: number;
}

/** Nobody waits for a scrape longer, in ms. */
const statementTimeoutMs = 2_500;

const sql = `
  select w.name as webhook, count(d.id) filter (where d.failed_at is null)::float8 as waiting, count(d.failed_at)::float8 as failed,
    coalesce(greatest(0, extract(epoch from clock_timestamp() - w.failing_since)), 0)::float8 as failing
  from strangler.webhook w left join strangler.webhook_delivery d on d.webhook = w.name
  group by w.name order by w.name`;

/** How far receivers of history entries are. */
export function webhookGauges(database: Pick<Database, 'together'>): GaugeSet {
  const labels = ['webhook'];
  return {
    gauges: {
      strangler_webhook_waiting: { help: 'History entries that the receiver is to get', labels },
      strangler_webhook_failed: {
        help: 'History entries that it was tried with in vain, and is not any more',
        labels,
      },
      strangler_webhook_failing_seconds: {
        help: 'For how long each try has failed, or since when it has been disabled; 0: the last one went well',
        labels,
      },
    },
    read: async () => {
      const [found = []] = await database.together([{ sql }], { statementTimeoutMs });
      const of = (value: (row: Row) => number): Reading[] =>
        (found as Row[]).map((row) => ({ labels: { webhook: row.webhook }, value: value(row) }));
      return {
        strangler_webhook_waiting: of((row) => row.waiting),
        strangler_webhook_failed: of((row) => row.failed),
        strangler_webhook_failing_seconds: of((row) => row.failing),
      };
    },
  };
}
