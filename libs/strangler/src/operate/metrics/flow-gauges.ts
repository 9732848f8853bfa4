import type { Database } from '../../database/database.js';
import { literal, quoted } from '../../database/tables.js';
import type { Subscribers } from '../../calls/events/subscribers.js';
import type { GaugeSet, Reading } from './gauges.js';

/** Nobody waits for a scrape longer, in ms. */
const statementTimeoutMs = 2_500;

type Table = 'event_cursor' | 'saga';

/** A SELECT a module of this database that has the table, as one. `undefined`: none has it. */
async function overModules(
  database: Pick<Database, 'together'>,
  table: Table,
  select: (schema: string, module: string) => string,
): Promise<string | undefined> {
  const [found = []] = await database.together(
    [
      {
        sql: `select module from strangler.ownership
          where to_regclass(format('%I.%I', module, $1::text)) is not null order by module`,
        params: [table],
      },
    ],
    { statementTimeoutMs },
  );
  const modules = (found as { module: string }[]).map(({ module }) => module);
  if (modules.length === 0) return undefined;
  return modules.map((module) => select(quoted(module), literal(module))).join(' union all ');
}

async function read<T>(database: Pick<Database, 'together'>, sql: string | undefined): Promise<T[]> {
  if (sql === undefined) return [];
  const [rows = []] = await database.together([{ sql }], { statementTimeoutMs });
  return rows as T[];
}

interface Behind {
  module: string;
  subscriber: string;
  events: number;
  failed: number;
  age: number;
}

/** Of the keys that this side owns, for which something is due or has failed: both have an index of their own. */
const behindSql = (schema: string, module: string): string => `
  select ${module}::text as module, c.subscriber, sum(c.head - c.seq)::float8 as events,
    count(c.failed_at)::float8 as failed,
    coalesce(greatest(0, extract(epoch from clock_timestamp() - min(e.at))), 0)::float8 as age
  from ${schema}.event_cursor c
  left join lateral (
    select at from ${schema}.event where routing_key = c.routing_key and seq > c.seq order by seq limit 1
  ) e on true
  where (c.due_at is not null or c.failed_at is not null) and strangler.owns(${module}, c.routing_key)
  group by c.subscriber`;

/** How far the subscribers of this side's events are. One that has nothing to do, or that is none any more, has no reading. */
export function eventGauges(
  database: Pick<Database, 'together'>,
  subscribers: Pick<Subscribers, 'of'>,
): GaugeSet {
  const labels = ['module', 'subscriber'];
  return {
    gauges: {
      strangler_event_backlog: {
        help: 'Events of the module that the subscriber has not handled yet',
        labels,
      },
      strangler_event_lag_seconds: { help: 'Age of the oldest of them', labels },
      strangler_event_failed: {
        help: 'Keys whose next event has failed for good: somebody has to look',
        labels,
      },
    },
    read: async () => {
      const all = await read<Behind>(database, await overModules(database, 'event_cursor', behindSql));
      const rows = all.filter(({ module, subscriber }) =>
        subscribers.of(module).some(({ name }) => name === subscriber),
      );
      const of = (value: (row: Behind) => number): Reading[] =>
        rows.map((row) => ({
          labels: { module: row.module, subscriber: row.subscriber },
          value: value(row),
        }));
      return {
        strangler_event_backlog: of(({ events }) => events),
        strangler_event_lag_seconds: of(({ age }) => age),
        strangler_event_failed: of(({ failed }) => failed),
      };
    },
  };
}

interface Sagas {
  module: string;
  status: string;
  sagas: number;
  age: number;
  tries: number;
}

/** Of the keys that this side owns; those that have ended have no index, and nobody waits for them. */
const sagasSql = (schema: string, module: string): string => `
  select ${module}::text as module, status, count(*)::float8 as sagas, max(attempts)::float8 as tries,
    greatest(0, extract(epoch from clock_timestamp() - min(created_at)))::float8 as age
  from ${schema}.saga
  where status in ('running', 'waiting', 'compensating') and strangler.owns(${module}, routing_key)
  group by status`;

/** Stored sagas of this side that have not ended. A module that has none has no reading. */
export function openSagaGauges(database: Pick<Database, 'together'>): GaugeSet {
  const labels = ['module', 'status'];
  return {
    gauges: {
      strangler_sagas: { help: 'Stored sagas that have not ended', labels },
      strangler_saga_age_seconds: { help: 'Age of the oldest of them', labels },
      strangler_saga_tries: { help: 'The most tries of its present step that have failed', labels },
    },
    read: async () => {
      const rows = await read<Sagas>(database, await overModules(database, 'saga', sagasSql));
      const of = (value: (row: Sagas) => number): Reading[] =>
        rows.map((row) => ({ labels: { module: row.module, status: row.status }, value: value(row) }));
      return {
        strangler_sagas: of(({ sagas }) => sagas),
        strangler_saga_age_seconds: of(({ age }) => age),
        strangler_saga_tries: of(({ tries }) => tries),
      };
    },
  };
}
