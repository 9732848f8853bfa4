import type { EntityManager } from 'typeorm';
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

const columns = `id, command_id as "commandId", routing_key as "routingKey", process, request_id as "requestId",
  status, step, state, error, attempts, answered, version, (extract(epoch from now() - created_at) * 1000)::float8 as "ageMs"`;

/** The saga table of one module. Every statement names the schema, which is the module's name. */
export class SagaStore {
  private readonly table: string;

  constructor(module: string) {
    this.table = `"${module}".saga`;
  }

  insert(manager: EntityManager, saga: Omit<SagaRecord, 'error' | 'version' | 'ageMs'>, dueInMs: number) {
    return manager.query(
      `insert into ${this.table}
         (id, command_id, routing_key, process, request_id, status, step, state, attempts, answered, due_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + $11 * interval '1 ms')`,
      [
        saga.id,
        saga.commandId,
        saga.routingKey,
        saga.process,
        saga.requestId,
        saga.status,
        saga.step,
        JSON.stringify(saga.state),
        saga.attempts,
        saga.answered,
        dueInMs,
      ],
    );
  }

  /**
   * Locks the saga if it is still at the version that we have seen: whoever changed it first has decided.
   * The row lock is held to the end of the transaction, so nobody decides in between.
   */
  async lock(manager: EntityManager, { id, version }: SagaRecord): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `select from ${this.table} where id = $1 and version = $2 for update`,
      [id, version],
    );
    return rows.length === 1;
  }

  /** Changes the saga from the version seen (compare-and-set); `undefined`: someone else was first. */
  async change(manager: EntityManager, seen: SagaRecord, to: SagaChange): Promise<SagaRecord | undefined> {
    const [rows] = await manager.query<[SagaRecord[], number]>(
      `update ${this.table} set
         version = version + 1,
         status = coalesce($3, status),
         step = coalesce($4, step),
         state = coalesce($5, state),
         error = coalesce($6, error),
         attempts = coalesce($7, attempts),
         answered = answered or coalesce($8, false),
         due_at = now() + $9 * interval '1 ms',
         ended_at = case when $3 in ('done', 'failed') then now() end
       where id = $1 and version = $2
       returning ${columns}`,
      [
        seen.id,
        seen.version,
        to.status ?? null,
        to.step ?? null,
        to.state ? JSON.stringify(to.state) : null,
        to.error ? JSON.stringify(to.error) : null,
        to.attempts ?? null,
        to.answered ?? null,
        to.dueInMs,
      ],
    );
    return rows[0];
  }

  /** Takes sagas whose time has come: retries, and those whose process died with the lease in hand. */
  async takeDue(manager: EntityManager, limit: number, leaseMs: number): Promise<SagaRecord[]> {
    const [rows] = await manager.query<[SagaRecord[], number]>(
      `update ${this.table} set version = version + 1, due_at = now() + $2 * interval '1 ms'
       where id in (
         select id from ${this.table}
         where status in ('running', 'waiting', 'compensating') and due_at <= now()
         order by due_at limit $1 for update skip locked)
       returning ${columns}`,
      [limit, leaseMs],
    );
    return rows;
  }

  /** The latest saga begun under a command id; other routing keys have command ids of their own. */
  async find(
    manager: EntityManager,
    { commandId, routingKey }: Pick<SagaRecord, 'commandId' | 'routingKey'>,
  ): Promise<SagaRecord | undefined> {
    const rows = await manager.query<SagaRecord[]>(
      `select ${columns} from ${this.table} where command_id = $1 and routing_key = $2
       order by created_at desc limit 1`,
      [commandId, routingKey],
    );
    return rows[0];
  }
}
