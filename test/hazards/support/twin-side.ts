import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../libs/platform/src/database/data-source-options.js';
import type { Acknowledger, WrittenRows } from '#strangler/database/acknowledger';
import { Executor, type Handler } from '#strangler/calls/executor';
import type { Side } from '#strangler/routes/phase';
import { ReadGuard } from '#strangler/calls/read-guard';
import { Routes } from '#strangler/routes/routes';
import { DirectSide, sideParts } from '../../support/sides.js';
import { tally, tallyHandlers, tallySchema, tallyTables } from './tally.js';

const noProcesses = { run: () => Promise.reject(new Error('the module has no processes')) };
/** How long an answer waits for the other side, in ms. */
const ackMs = 1_000;
/** The sides do not ask each other: what is seen is what the rows say. */
const how = {
  ddl: `${tallySchema}; select strangler.create_idempotency_table('${tallyTables.module}')`,
  asks: false,
  heartbeatMs: 100,
};

/** One side of the module `tally`, as a process on it has it: also its code. */
export class TwinSide extends DirectSide {
  /** What this process believes. */
  readonly routes = new Routes();
  readonly handlers: Record<keyof typeof tally.operations, Handler>;
  readonly executor: Executor;
  readonly guard: ReadGuard;
  /** When commands are answered. */
  ack: 'both' | 'owner' = 'both';

  private constructor(
    parts: ConstructorParameters<typeof DirectSide>[0],
    readonly dataSource: DataSource,
  ) {
    super(parts);
    this.handlers = tallyHandlers(dataSource);
    // Each call looks its handler up anew, so that one replaced later counts.
    const names = Object.keys(this.handlers) as (keyof typeof tally.operations)[];
    const now = names.map((each): [string, Handler] => [each, (input) => this.handlers[each](input)]);
    this.guard = new ReadGuard(parts.side);
    const options = { guard: this.guard, acknowledger: this.acknowledger() };
    this.executor = new Executor(tally, Object.fromEntries(now), dataSource, noProcesses, options);
  }

  static async open(side: Side): Promise<TwinSide> {
    const parts = await sideParts(side, tallyTables, how);
    const dataSource = new DataSource(dataSourceOptions(parts.test.url, { poolSize: 10 }));
    return new TwinSide(parts, await dataSource.initialize());
  }

  override async close(): Promise<void> {
    await this.dataSource.destroy();
    await super.close();
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
