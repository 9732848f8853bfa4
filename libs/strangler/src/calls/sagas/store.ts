import type { EntityManager } from 'typeorm';
import { literal, quoted } from '../../database/tables.js';
import { marked, recordOf } from './place.js';
import type { SagaRecord, SagaStatus, StoredError } from './progress.js';

/** What a change of a saga sets; what is left out stays. `dueInMs`: nobody else touches it before that. */
export interface SagaChange {
  status?: SagaStatus;
  step?: number;
  state?: object;
  error?: StoredError;
  attempts?: number;
  answered?: boolean;
  dueInMs: number;
}

/** The columns of a saga's row as {@link SagaRecord} names them; then {@link recordOf} makes one. */
export const sagaColumns = `id, command_id as "commandId", routing_key as "routingKey", process, request_id as "requestId",
  status, step, state, error, attempts, answered, version, (extract(epoch from now() - created_at) * 1000)::float8 as "ageMs"`;

/** The saga table of a module. */
export const sagaTable = (module: string): string => `${quoted(module)}.saga`;

/** SQL for the side on which this database stands. */
export const sideSql = (module: string): string =>
  `(select o.side from strangler.ownership o where o.module = ${literal(module)})`;

/** The sagas of one definition. Every statement names the schema, which is the module's name. */
export class SagaStore {
  private readonly table: string;
  private readonly side: string;

  constructor(
    private readonly module: string,
    /** As the rows name it. */
    private readonly process: string,
    /** Names of its steps. */
    private readonly names: readonly string[],
  ) {
    this.table = sagaTable(module);
    this.side = sideSql(module);
  }

  async insert(
    manager: EntityManager,
    saga: Omit<SagaRecord, 'process' | 'error' | 'version' | 'ageMs'>,
    dueInMs: number,
  ): Promise<SagaRecord> {
    await manager.query(
      `insert into ${this.table}
         (id, command_id, routing_key, process, request_id, status, step, state, attempts, answered, due_at, side)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + $11 * interval '1 ms', ${this.side})`,
      [
        saga.id,
        saga.commandId,
        saga.routingKey,
        this.process,
        saga.requestId,
        saga.status,
        saga.step,
        this.stateAt(saga.step, saga),
        saga.attempts,
        saga.answered,
        dueInMs,
      ],
    );
    return { ...saga, process: this.process, error: null, version: 1, ageMs: 0 };
  }

  /**
   * Locks the saga if it is still at the version that we have seen: whoever changed it first has decided.
   * The row lock, and the ownership of its key, are held to the end of the transaction, so nobody decides in between.
   */
  async lock(manager: EntityManager, { id, version, routingKey }: SagaRecord): Promise<boolean> {
    const [row] = await manager.query<{ locked: boolean }[]>(
      'select strangler.lock_saga($1, $2, $3, $4) as locked',
      [this.module, id, version, routingKey],
    );
    return row?.locked ?? false;
  }

  /** Changes the saga from the version seen (compare-and-set); `undefined`: someone else was first. */
  async change(manager: EntityManager, seen: SagaRecord, to: SagaChange): Promise<SagaRecord | undefined> {
    const [rows] = await manager.query<[SagaRecord[], number]>(
      `update ${this.table} set
         version = version + 1,
         status = coalesce($3, status),
         step = coalesce($4, step),
         state = $5,
         error = coalesce($6, error),
         attempts = coalesce($7, attempts),
         answered = answered or coalesce($8, false),
         due_at = now() + $9 * interval '1 ms',
         side = ${this.side},
         ended_at = case when $3 in ('done', 'failed') then now() end
       where id = $1 and version = $2
       returning ${sagaColumns}`,
      [
        seen.id,
        seen.version,
        to.status ?? null,
        to.step ?? null,
        this.stateAt(to.step ?? seen.step, { actor: seen.actor, state: to.state ?? seen.state }),
        to.error ? JSON.stringify(to.error) : null,
        to.attempts ?? null,
        to.answered ?? null,
        to.dueInMs,
      ],
    );
    return rows[0] && recordOf(rows[0]);
  }

  private stateAt(step: number, saga: Pick<SagaRecord, 'state' | 'actor'>): string {
    return JSON.stringify(marked(saga, step, this.names));
  }
}
