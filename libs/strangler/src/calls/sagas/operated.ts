import type { Database } from '../../database/database.js';
import { literal } from '../../database/tables.js';
import { stepNameSql } from './place.js';
import { sagaTable } from './store.js';
import { strandedAfterMs } from './stranded.js';

/** A definition of a process, as far as whoever steers its sagas has to know it. */
export interface SagaDefinition {
  /** With its version, unless that is the first: `place@2`. */
  readonly process: string;
  readonly steps: readonly SagaStep[];
  /** Index of the step after which there is only forward. */
  readonly pivot: number;
}

export interface SagaStep {
  readonly name: string;
  /** `call`: in another module, by an operation that may have been done though nobody has heard so. */
  readonly kind: 'call' | 'own';
}

/** A saga that a side has, without its state: that is a customer's, and may be secret. */
export interface SagaView {
  readonly id: string;
  readonly process: string;
  readonly key: string;
  readonly requestId: string;
  readonly status: string;
  /** The next step to run, or (compensating) to undo; -1: all is undone. */
  readonly step: number;
  /** As whoever stored it calls it; null: nobody says. */
  readonly stepName: string | null;
  /** Tries of that step that have failed. */
  readonly attempts: number;
  /** The code of the error that has turned it round; null: none has. */
  readonly error: string | null;
  /** RFC 3339. */
  readonly createdAt: string;
  /** When somebody takes it up again, if nobody works on it: the next try, or the end of a lease. */
  readonly dueAt: string;
  /** It has been due for long, or was tried often. */
  readonly stuck: boolean;
  readonly version: number;
  /** Its definition; null: the process that answers has none. */
  readonly definition: SagaDefinition | null;
}

/** What an operator may have done with a saga. */
export type SagaSteering = 'retry' | 'compensate';

/** So many tries that have failed are worth a look. */
const manyTries = 5;
/** Of so many at most it is told at once. */
const mostTold = 200;

const isOpen = (status: string): boolean => ['running', 'waiting', 'compensating'].includes(status);

/** Why a saga must not be steered so; `undefined`: it may. Pure. */
export function steeringRefusal(saga: SagaView, how: SagaSteering): string | undefined {
  const { id, status, step, attempts, definition, stuck } = saga;
  if (!isOpen(status)) return `the saga ${id} has ended (${status})`;
  if (status === 'running' && attempts === 0 && !stuck)
    return `the saga ${id} is being worked on: look again at ${saga.dueAt}`;
  if (how === 'retry') return undefined;
  if (status === 'compensating') return `the saga ${id} is being taken back already`;
  if (definition === null)
    return `no process here knows where the saga ${id} stands: start one of the release that does`;
  if (step > definition.pivot)
    return `the saga ${id} is past its pivot "${definition.steps[definition.pivot]!.name}": its caller was promised success, so it only goes forward`;
  return undefined;
}

/** The step from which a saga is undone: a call may have been done, a step of its own was not. */
export const undoneFrom = ({ step, definition }: SagaView): number =>
  definition?.steps[step]?.kind === 'call' ? step : step - 1;

/** The sagas of a module on one side, for who looks after them. */
export class OperatedSagas {
  private readonly table: string;

  constructor(
    private readonly database: Database,
    private readonly module: string,
    private readonly definitions: readonly SagaDefinition[],
  ) {
    this.table = sagaTable(module);
  }

  /** Those of this side's keys that have not ended, the oldest first; or the one with that id, whatever has become of it. */
  async list(id: string | null): Promise<SagaView[]> {
    const rows = await this.database.query<Omit<SagaView, 'definition'>>(
      `select id, process, routing_key as key, request_id as "requestId", status, step, ${stepNameSql} as "stepName",
         attempts, error->>'code' as error, ${timeSql('created_at')} as "createdAt", ${timeSql('due_at')} as "dueAt",
         status in ('running', 'waiting', 'compensating')
           and (attempts >= ${manyTries} or due_at < now() - $2 * interval '1 ms') as stuck, version
       from ${this.table}
       where case when $1::uuid is null then status in ('running', 'waiting', 'compensating') else id = $1 end
         and strangler.owns(${literal(this.module)}, routing_key)
       order by created_at limit ${mostTold}`,
      [id, strandedAfterMs],
    );
    return rows.map((row) => ({ ...row, definition: this.definitionOf(row) }));
  }

  /** Does it from the version that was seen; false: somebody has changed it since. @throws when the key is not this side's. */
  async steer(seen: SagaView, how: SagaSteering): Promise<boolean> {
    const known = { ...seen, definition: this.definitionOf(seen) };
    if (steeringRefusal(known, how)) return false;
    const change = how === 'retry' ? this.retry(known) : this.compensate(known);
    const owned = {
      sql: 'select strangler.assert_owner($1, $2)',
      params: [this.module, [known.key]],
    };
    const [, changed = []] = await this.database.together([owned, change]);
    return changed.length > 0;
  }

  private retry({ id, version }: SagaView) {
    return {
      sql: `update ${this.table} set due_at = now(), version = version + 1
        where id = $1 and version = $2 and status in ('running', 'waiting', 'compensating') returning id`,
      params: [id, version],
    };
  }

  /** Whoever asked for it hears that it is unavailable. The mark of the step goes with its number (place.ts). */
  private compensate(saga: SagaView) {
    const from = undoneFrom(saga);
    const name = saga.definition!.steps[from]?.name ?? null;
    return {
      sql: `update ${this.table} set status = 'compensating', step = $3, attempts = 0, due_at = now(), version = version + 1,
          state = case when $4::text is null then state
            else (state::jsonb || jsonb_build_object('$step', jsonb_build_object('at', $3::int, 'name', $4::text)))::json end,
          error = coalesce(error, $5::json)
        where id = $1 and version = $2 and status in ('running', 'waiting') returning id`,
      params: [saga.id, saga.version, from, name, JSON.stringify(takenBack)],
    };
  }

  private definitionOf({ process, step, stepName }: Pick<SagaView, 'process' | 'step' | 'stepName'>) {
    const found = this.definitions.find((each) => each.process === process);
    const isThere = step === -1 || stepName === null || found?.steps[step]?.name === stepName;
    return (isThere && found) || null;
  }
}

const takenBack = { code: 'unavailable', message: 'an operator has taken it back', data: {} };

const timeSql = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
