import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PreparedOperation } from '../../contract/operation.js';
import { otherSide, type Side } from '../../routes/phase.js';
import type { CommittedCommand } from '../call-observer.js';
import type { ComparisonCounts } from '../shadow/comparison-counts.js';
import type { ShadowStore } from '../shadow/shadow-store.js';
import { canRehearse, type Rehearsed } from './rehearsal.js';

/** Has one side try a command, past all routing. */
type RehearseOn = (operation: PreparedOperation, side: Side, input: unknown) => Promise<Rehearsed>;

/**
 * Has a sample of the commands, after their callers have their answers, tried on the side that does not own their keys, one at a time. Only
 * faults count against that side. Nothing that goes wrong here reaches a caller.
 */
export class Rehearsals {
  private readonly logger = new Logger(Rehearsals.name);
  private running = false;

  constructor(
    private readonly store: Pick<ShadowStore, 'keep'>,
    private readonly counts: Pick<ComparisonCounts, 'add'>,
    private readonly rehearse: RehearseOn,
    /** The share of a module's commands that are tried now, 0 to 1; 0 while a side is known to be behind. */
    private readonly shareOf: (module: string) => number,
  ) {}

  /** Takes note of a command. Returns at once. */
  committed(command: CommittedCommand): void {
    const share = this.shareOf(command.operation.module);
    if (share === 0 || this.running || Math.random() >= share || !canRehearse(command.operation)) return;
    this.running = true;
    setImmediate(() => {
      void this.examine(command)
        .catch((error: unknown) => this.logger.warn({ msg: 'rehearsal not counted', error: String(error) }))
        .finally(() => (this.running = false));
    });
  }

  /** Waits for the last. */
  async close(): Promise<void> {
    while (this.running) await sleep(10);
  }

  private async examine({ operation, side, input }: CommittedCommand): Promise<void> {
    const { module, name } = operation;
    const there = otherSide(side);
    const { outcome } = await this.outcomeOn(operation, there, input);
    if (outcome === 'none') return this.counts.add(module, 'rehearsal', { unavailable: 1 });
    this.counts.add(module, 'rehearsal', { compared: 1, mismatches: outcome === 'failed' ? 1 : 0 });
    if (outcome === 'failed')
      await this.store.keep(module, name, operation.input.masked(input), [
        { path: 'rehearsal', monolith: null, extracted: null, [there]: 'failed' },
      ]);
  }

  /** Who does not answer, or is of a release that knows no rehearsals, has said nothing. */
  private outcomeOn(operation: PreparedOperation, side: Side, input: unknown): Promise<Rehearsed> {
    return this.rehearse(operation, side, input).catch((error: unknown) => ({
      outcome: 'none',
      why: String(error),
    }));
  }
}
