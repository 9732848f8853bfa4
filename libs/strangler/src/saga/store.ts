import type { EntityManager } from 'typeorm';
import { literal, quoted } from '../tables.js';
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
  /** SQL for the side on which this database stands. */
  private readonly side: string;

  constructor(private readonly module: string) {
    this.table = `${quoted(module)}.saga`;
    this.side = `(select o.side from strangler.ownership o where o.module = ${literal(module)})`;
  }

  insert(manager: EntityManager, saga: Omit<SagaRecord, 'error' | 'version' | 'ageMs'>, dueInMs: number) {
    return manager.query(
      `insert into ${this.table}
         (id, command_id, routing_key, process, request_id, status, step, state, attempts, answered, due_at, side)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + $11 * interval '1 ms', ${this.side})`,
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
         state = coalesce($5, state),
         error = coalesce($6, error),
         attempts = coalesce($7, attempts),
         answered = answered or coalesce($8, false),
         due_at = now() + $9 * interval '1 ms',
         side = ${this.side},
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

  /**
   * Takes sagas of this side's keys whose time has come: retries, those whose process died with the lease in hand, and
   * those whose process ran on the other side before their key moved here.
   */
  async takeDue(manager: EntityManager, limit: number, leaseMs: number): Promise<SagaRecord[]> {
    const [rows] = await manager.query<[SagaRecord[], number]>(
      `update ${this.table} set
         version = version + 1,
         due_at = now() + $2 * interval '1 ms',
         side = ${this.side}
       where id in (
         select id from ${this.table}
         where status in ('running', 'waiting', 'compensating')
           and (due_at <= now() or (status <> 'waiting' and side <> ${this.side}))
           and strangler.owns(${literal(this.module)}, routing_key)
         order by due_at limit $1 for update skip locked)
       returning ${columns}`,
      [limit, leaseMs],
    );
    return rows;
  }

  /**
   * The latest saga begun under a command id, and whether its key is this side's; other routing keys have command ids of
   * their own.
   */
  async find(
    manager: EntityManager,
    { commandId, routingKey }: Pick<SagaRecord, 'commandId' | 'routingKey'>,
  ): Promise<(SagaRecord & { owned: boolean | null }) | undefined> {
    const rows = await manager.query<(SagaRecord & { owned: boolean | null })[]>(
      `select ${columns}, strangler.owns(${literal(this.module)}, routing_key) as owned
       from ${this.table} where command_id = $1 and routing_key = $2
       order by created_at desc limit 1`,
      [commandId, routingKey],
    );
    return rows[0];
  }
}
