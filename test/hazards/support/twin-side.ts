import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../libs/platform/src/database/data-source-options.js';
import type { Acknowledger, WrittenRows } from '#strangler/database/acknowledger';
import { Database } from '#strangler/database/database';
import { Executor, type Handler } from '#strangler/calls/executor';
import type { Side } from '#strangler/routes/phase';
import { ReadGuard } from '#strangler/calls/read-guard';
import { Receiver } from '#strangler/engine/replication/apply';
import type { ApplyReply } from '#strangler/engine/replication/frame';
import { Relay } from '#strangler/engine/replication/relay';
import { Routes } from '#strangler/routes/routes';
import { SideAgent } from '#strangler/sides/agent';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import { tally, tallyHandlers, tallySchema, tallyTables } from './tally.js';

/** How a frame goes to this side: `deliver` stores it there. */
export type Carriage = (frame: Uint8Array, deliver: () => Promise<ApplyReply>) => Promise<ApplyReply>;

const name = tallyTables.module;
const noProcesses = { run: () => Promise.reject(new Error('the module has no processes')) };
/** How long an answer waits for the other side, in ms. */
const ackMs = 1_000;

/** One side of the module `tally`, as a process on it has it: code, agent, relay, receiver. */
export class TwinSide {
  /** What this process believes. */
  readonly routes = new Routes();
  readonly handlers: Record<keyof typeof tally.operations, Handler>;
  readonly executor: Executor;
  readonly guard: ReadGuard;
  readonly receiver: Receiver;
  /** How frames come here from now on. */
  carriage: Carriage = (_frame, deliver) => deliver();
  /** When commands are answered. */
  ack: 'both' | 'owner' = 'both';
  /** Changes in a batch at most. */
  batchRows = 2_000;
  private relay: Relay | undefined;

  private constructor(
    readonly side: Side,
    readonly test: TestDatabase,
    readonly dataSource: DataSource,
    readonly database: Database,
    readonly agent: SideAgent,
  ) {
    this.handlers = tallyHandlers(dataSource);
    // Each call looks its handler up anew, so that one replaced later counts.
    const names = Object.keys(this.handlers) as (keyof typeof tally.operations)[];
    const now = names.map((each): [string, Handler] => [each, (input) => this.handlers[each](input)]);
    this.guard = new ReadGuard(side);
    const options = { guard: this.guard, acknowledger: this.acknowledger() };
    this.executor = new Executor(tally, Object.fromEntries(now), dataSource, noProcesses, options);
    this.receiver = new Receiver(database, agent.tables, name);
  }

  static async open(side: Side): Promise<TwinSide> {
    const test = await freshDatabase();
    const dataSource = await new DataSource(dataSourceOptions(test.url, { poolSize: 10 })).initialize();
    await dataSource.query(tallySchema);
    await dataSource.query(`select strangler.create_idempotency_table('${name}')`);
    const database = new Database(test.url);
    const agent = new SideAgent({ database, module: tallyTables, side, link: undefined });
    await agent.start();
    return new TwinSide(side, test, dataSource, database, agent);
  }

  /** Captures, and sends to `other` what is captured. */
  async begin(other: TwinSide, how: { backfill: boolean }): Promise<void> {
    await this.agent.startCapture(how);
    const { database, side, agent } = this;
    this.relay = new Relay({
      ...{ database, module: name, side, tables: agent.tables, deliveries: agent.deliveries },
      maxPayload: () => 1_048_576,
      heartbeatMs: 100,
      batchRows: this.batchRows,
      send: (frame) => other.carriage(frame, () => other.receiver.apply(frame)),
    });
    this.relay.start();
  }

  /** Captures no more. */
  async end(): Promise<void> {
    await this.stopRelay();
    await this.agent.stopCapture({ epoch: (await this.agent.state()).ownership.epoch });
  }

  /** Runs one statement, as from psql. */
  query<T extends object>(sql: string, params: unknown[] = []): Promise<T[]> {
    return this.test.query<T>(sql, params);
  }

  /** The rows of a table as text, in order. */
  async rows(table: string): Promise<string[]> {
    const sql = `select t::text as row from tally.${table} t order by t::text collate "C"`;
    return (await this.database.query<{ row: string }>(sql)).map(({ row }) => row);
  }

  async drop(): Promise<void> {
    await this.stopRelay();
    await this.agent.stop();
    await this.dataSource.destroy();
    await this.database.close();
    await this.test.drop();
  }

  private async stopRelay(): Promise<void> {
    await this.relay?.stop();
    this.relay = undefined;
  }

  /** As the application's (side/agents.ts), for one module. */
  private acknowledger(): Acknowledger {
    const whenStored = async (rows: WrittenRows) => {
      if (this.ack === 'both') await this.agent.deliveries.whenStored(rows, ackMs);
    };
    return {
      afterCommit: (_module, rows) => whenStored(rows),
      onHit: async (module, _commandId, keys) =>
        whenStored(await this.agent.deliveries.outstandingOf(module, keys)),
    };
  }
}
