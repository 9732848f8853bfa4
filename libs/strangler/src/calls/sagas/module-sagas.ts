import type { EntityManager } from 'typeorm';
import { literal } from '../../database/tables.js';
import { placeSql, recordOf, stepNameSql } from './place.js';
import { longestBackOffMs, type SagaRecord } from './progress.js';
import type { RegisteredSaga } from './registered.js';
import { sagaColumns, sagaTable, sideSql } from './store.js';
import { strandedAfterMs, type Stranded } from './stranded.js';

/** Of so many at most it is said how many there are. */
const mostCounted = 1_000;

/** The toolkit's own connections, or the application's. */
export interface Asked {
  query(sql: string, params: unknown[]): Promise<unknown>;
}

/** A saga that somebody asks for. */
export interface FoundSaga extends SagaRecord {
  /** Whether its key is this side's. */
  readonly owned: boolean | null;
  /** Its definition; `undefined`: this process does not know it, or where it stands. */
  readonly entry: RegisteredSaga | undefined;
}

/** All sagas of a module, as a process with some definitions sees them. What it does not know it leaves alone. */
export class ModuleSagas {
  private readonly table: string;
  private readonly processes: string[];
  private readonly places: string[];
  private readonly byProcess: ReadonlyMap<string, RegisteredSaga>;
  private readonly leaseMs: number;

  constructor(
    readonly module: string,
    readonly entries: readonly RegisteredSaga[],
  ) {
    this.table = sagaTable(module);
    this.byProcess = new Map(entries.map((entry) => [entry.process, entry]));
    this.processes = [...this.byProcess.keys()];
    this.places = entries.flatMap(({ places }) => places);
    this.leaseMs = Math.max(...entries.map(({ leaseMs }) => leaseMs));
  }

  /** The definition of a saga; `undefined`: it is none of this process's. */
  entryOf({ process }: Pick<SagaRecord, 'process'>): RegisteredSaga | undefined {
    return this.byProcess.get(process);
  }

  /**
   * Takes sagas of this side's keys whose time has come: retries, those whose process died with the lease in hand, and
   * those whose process ran on the other side before their key moved here. What is due later than anything is put off was put off
   * before the database's clock was set back.
   */
  async takeDue(manager: EntityManager, limit: number): Promise<SagaRecord[]> {
    const side = sideSql(this.module);
    const [rows] = await manager.query<[SagaRecord[], number]>(
      `update ${this.table} set
         version = version + 1,
         due_at = now() + $2 * interval '1 ms',
         side = ${side}
       where id in (
         select id from ${this.table}
         where status in ('running', 'waiting', 'compensating')
           and (due_at <= now() or due_at > now() + $5 * interval '1 ms' or (status <> 'waiting' and side <> ${side}))
           and process = any($3) and ${placeSql} = any($4)
           and strangler.owns(${literal(this.module)}, routing_key)
         order by due_at limit $1 for update skip locked)
       returning ${sagaColumns}`,
      [limit, this.leaseMs, this.processes, this.places, 2 * Math.max(this.leaseMs, longestBackOffMs)],
    );
    return rows.map(recordOf);
  }

  /** What is due for too long and stays where it is, since nobody who works here knows it. */
  stranded(on: Asked): Promise<Stranded[]> {
    return on.query(
      `select process, step, name, count(*)::int as sagas,
         (extract(epoch from now() - min(due_at)) * 1000)::float8 as "dueMs"
       from (
         select process, step, ${stepNameSql} as name, due_at from ${this.table}
         where status in ('running', 'waiting', 'compensating')
           and due_at < now() - $1 * interval '1 ms'
           and not (process = any($2) and ${placeSql} = any($3))
           and strangler.owns(${literal(this.module)}, routing_key)
         order by due_at limit $4) unknown
       group by process, step, name order by min(due_at) limit 10`,
      [strandedAfterMs, this.processes, this.places, mostCounted],
    ) as Promise<Stranded[]>;
  }

  /** The latest saga begun under a command id; other routing keys have command ids of their own. */
  async find(
    manager: EntityManager,
    { commandId, routingKey }: Pick<SagaRecord, 'commandId' | 'routingKey'>,
  ): Promise<FoundSaga | undefined> {
    const [row] = await manager.query<(SagaRecord & { owned: boolean | null; known: boolean })[]>(
      `select ${sagaColumns}, strangler.owns(${literal(this.module)}, routing_key) as owned,
         (status in ('done', 'failed') or ${placeSql} = any($3)) as known
       from ${this.table} where command_id = $1 and routing_key = $2
       order by created_at desc limit 1`,
      [commandId, routingKey, this.places],
    );
    return row && { ...recordOf(row), entry: row.known ? this.entryOf(row) : undefined };
  }
}
