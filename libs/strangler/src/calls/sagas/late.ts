import type { Queryable } from '../../database/database.js';
import { literal } from '../../database/tables.js';
import { stepNameSql } from './place.js';
import { sagaTable } from './store.js';
import { strandedAfterMs } from './stranded.js';

/** A saga that is not over by then waits for something that somebody has to look after, in ms. */
const lateAfterMs = 300_000;
/** Of so many at most it is said how many there are. */
const mostCounted = 1_000;

/** Sagas that are tried again and again at one step: what it calls is away, or gives no answer. */
export interface LateSagas {
  readonly process: string;
  readonly step: number;
  /** As whoever stored it calls it; null: a process of 0.2.0, which does not say. */
  readonly name: string | null;
  /** How many; of very many a part. */
  readonly sagas: number;
  /** How long ago the first of them was begun, in ms. */
  readonly ageMs: number;
}

/** Those of this side's keys; those that nobody tries are {@link Stranded}. */
export const lateSagas = (on: Queryable, module: string): Promise<LateSagas[]> =>
  on.query<LateSagas>(
    `select process, step, name, count(*)::int as sagas,
       (extract(epoch from now() - min(created_at)) * 1000)::float8 as "ageMs"
     from (
       select process, step, ${stepNameSql} as name, created_at from ${sagaTable(module)}
       where status in ('running', 'waiting', 'compensating')
         and due_at > now() - $1 * interval '1 ms' and created_at < now() - $2 * interval '1 ms'
         and strangler.owns(${literal(module)}, routing_key)
       order by due_at limit $3) late
     group by process, step, name order by min(created_at) limit 10`,
    [strandedAfterMs, lateAfterMs, mostCounted],
    { prepared: true },
  );
