import type { Logger } from '@nestjs/common';
import { describeTables, type MovingTable } from '../database/tables.js';
import {
  captureTable,
  forgetDropped,
  renewCapture,
  startCapture,
  stopCapture,
} from '../engine/ownership/capture.js';
import {
  fillChanged,
  namedBefore,
  recordBroken,
  recordStanding,
  tablesInNeed,
  tableStates,
} from '../engine/ownership/captured.js';
import { forgetStrays, straysOf } from '../engine/ownership/strays.js';
import { startBackfill } from '../engine/replication/backfill.js';
import type { SideParts } from './parts.js';
import type { SideState } from './side.js';

/** The tables of a module on one side, and the capture of what is written in them: its begin, its care, its end. */
export class SideCapture {
  /** The tables, once described. */
  tables: readonly MovingTable[] = [];

  constructor(
    private readonly of: Pick<SideParts, 'database' | 'module' | 'ownership' | 'witness'>,
    private readonly logger: Logger,
  ) {}

  /** The tables as the catalogue has them now. @throws when one is missing. */
  async describe(): Promise<readonly MovingTable[]> {
    return (this.tables = await describeTables(this.of.database, this.of.module));
  }

  /** For when a process starts while the module moves. */
  async renew(): Promise<void> {
    await renewCapture(this.of.database, this.tables);
    await this.tend();
  }

  async start({ backfill }: { backfill: boolean }): Promise<void> {
    const { database, ownership, module } = this.of;
    await this.describe();
    await startCapture(database, this.tables, { backfill });
    await ownership.setCapture(module.module);
    await ownership.writersGone(module.module);
    if (backfill) await startBackfill(database, module.module, this.tables);
  }

  /** Says that capture is over: relays end, and nobody looks after it any more. @throws when owners have changed since that epoch. */
  async end({ epoch }: { epoch: number }): Promise<void> {
    const { ownership, module } = this.of;
    if (!(await ownership.clearCapture(module.module, epoch)))
      throw new Error(`capture goes on: owners have changed since epoch ${epoch}`);
  }

  /** Takes away what capture has installed, and what it has written down. */
  async remove(): Promise<void> {
    const { database, witness, module } = this.of;
    const name = module.module;
    const before = await namedBefore(database, module);
    await stopCapture(database, [...this.tables, ...before]);
    witness?.forget();
    await database.query('delete from strangler.outbox where module = $1', [name]);
    await database.query('delete from strangler.backfill where module = $1', [name]);
    await forgetStrays(database, name);
    await database.query(
      'update strangler.relay set degraded_since = null, reason = null, recovering = false where module = $1',
      [name],
    );
  }

  /**
   * Looks after the capture of each table: a new one is captured and filled, one with other columns is filled once more. What somebody has
   * switched off stays so: it holds hand-offs until an operator has it mended.
   */
  async tend(): Promise<void> {
    const { database, module } = this.of;
    await this.forgetDropped();
    const need = await tablesInNeed(database, module);
    if (need.size === 0 || [...need.values()].includes('missing')) return;
    for (const table of await this.describe()) {
      const care = need.get(table.name);
      if (care === 'triggers') await recordBroken(database, table);
      else if (care === 'new') await captureTable(database, table);
      else if (care === 'record') await recordStanding(database, table);
      else if (care === 'columns') await fillChanged(database, table);
      if (care === 'new' || care === 'columns')
        this.logger.log(
          `the table ${table.name} ${care === 'new' ? 'is new' : 'has other columns'}: it is copied`,
        );
    }
  }

  private async forgetDropped(): Promise<void> {
    const { database, module } = this.of;
    for (const table of await namedBefore(database, module, { dropped: true })) {
      await forgetDropped(database, table);
      this.logger.log(
        `the table ${table.name} is named no more, and dropped: what was left to send is forgotten`,
      );
    }
  }

  /** How the tables stand, and who writes them past the port. */
  async state(): Promise<Required<Pick<SideState, 'tables' | 'strays'>>> {
    const { database, module } = this.of;
    const asked = [tableStates(database, module), straysOf(database, module.module)] as const;
    const [tables, strays] = await Promise.all(asked);
    return { tables, strays };
  }
}
