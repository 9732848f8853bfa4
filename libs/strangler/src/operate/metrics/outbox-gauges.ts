import type { Database } from '../../database/database.js';
import type { GaugeSet, Reading } from './gauges.js';

interface Row {
  module: string;
  rows: number;
  parked: number;
  lag: number;
  degraded: number;
  batches: number;
  fenced: number;
}

/** Nobody waits for a scrape longer; nor does what counts go on then, in ms. */
const statementTimeoutMs = 2_500;

/** Of each module that has an ownership row here; a module that is at home has an empty outbox. */
const sql = `
  select module, coalesce(o.rows, 0)::float8 as rows, coalesce(o.parked, 0)::float8 as parked,
    coalesce(o.lag, 0)::float8 as lag, (r.degraded_since is not null)::int as degraded,
    coalesce(r.confirmed_seq, 0)::float8 as batches,
    coalesce(greatest(0, extract(epoch from clock_timestamp() - fenced_at)), 0)::float8 as fenced
  from strangler.ownership
  left join strangler.relay r using (module)
  left join (
    select module, sum(count) filter (where parked is null) as rows, count(*) filter (where parked is not null) as parked,
      extract(epoch from clock_timestamp() - min(at) filter (where parked is null)) as lag
    from strangler.outbox group by module
  ) o using (module)
  order by module`;

/** What waits in this database to be sent to the other side. `fencedMs`: for how long this process has seen a module's fence. */
export function outboxGauges(
  database: Pick<Database, 'together'>,
  fencedMs: (module: string) => number,
): GaugeSet {
  const labels = ['module'];
  return {
    gauges: {
      strangler_outbox_rows: { help: 'Changes that the other side does not have yet', labels },
      strangler_outbox_parked_rows: { help: 'Changes that can never be applied as they are', labels },
      strangler_outbox_lag_seconds: { help: 'Age of the oldest change that waits; 0: none', labels },
      strangler_relay_batches: {
        help: 'Batches that the other side has stored of this relay; begins anew with each that takes over',
        labels,
      },
      strangler_degraded: { help: '1: writes are answered without the other side', labels },
      strangler_fence_seconds: {
        help: 'For how long buckets belong to nobody, and their writes wait; 0: none do. More than 10 is an alarm',
        labels,
      },
    },
    read: async () => {
      const [found = []] = await database.together([{ sql }], { statementTimeoutMs });
      const rows = found as Row[];
      const of = (value: (row: Row) => number): Reading[] =>
        rows.map((row) => ({ labels: { module: row.module }, value: value(row) }));
      return {
        strangler_outbox_rows: of((row) => row.rows),
        strangler_outbox_parked_rows: of((row) => row.parked),
        strangler_outbox_lag_seconds: of((row) => row.lag),
        strangler_relay_batches: of((row) => row.batches),
        strangler_degraded: of((row) => row.degraded),
        strangler_fence_seconds: of(({ module, fenced }) => Math.max(fenced, fencedMs(module) / 1_000)),
      };
    },
  };
}
