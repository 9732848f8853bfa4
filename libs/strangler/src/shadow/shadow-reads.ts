import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { otherSide, type Side } from '../phase.js';
import type { PreparedOperation } from '../operation.js';
import { compare, type Difference } from './compare.js';
import type { ShadowStore } from './shadow-store.js';

/** A query that has been answered, and may be asked of the other side too. */
export interface AnsweredQuery {
  operation: PreparedOperation;
  /** Who has answered. */
  side: Side;
  input: unknown;
  result: unknown;
}

/** Asks one side, past all routing; the other side answers though it is not the owner. */
export type AskSide = (operation: PreparedOperation, side: Side, input: unknown) => Promise<unknown>;

/** More than so many at a time are not begun: a slow candidate must not pile up work. */
const mostAtOnce = 8;
/** A copy is behind by the replication lag: answers that differ are asked for again, so many times, so many ms later. */
const tries = 4;
const lagMs = 100;
const flushMs = 500;

/**
 * Asks the other side what has been asked of this one, after the caller has its answer, and compares (GitHub's Scientist).
 * Nothing that goes wrong here reaches a caller: a candidate that fails counts as a mismatch, one that is too slow too.
 */
export class ShadowReads {
  private readonly logger = new Logger(ShadowReads.name);
  private readonly counted = new Map<string, { compared: number; mismatches: number }>();
  private running = 0;
  private readonly timer: NodeJS.Timeout;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ShadowStore,
    private readonly ask: AskSide,
    /** The share of a module's queries that are compared now, 0 to 1. */
    private readonly sampleOf: (module: string) => number,
  ) {
    this.timer = setInterval(() => void this.flush(), flushMs).unref();
  }

  /** Takes note of an answer. Returns at once. */
  answered(query: AnsweredQuery): void {
    const sample = this.sampleOf(query.operation.module);
    if (sample === 0 || this.running >= mostAtOnce || Math.random() >= sample) return;
    this.running++;
    setImmediate(() => {
      void this.examine(query)
        .catch((error: unknown) => this.logger.warn({ msg: 'shadow read not counted', error: String(error) }))
        .finally(() => this.running--);
    });
  }

  /** Writes the last counts down. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    while (this.running > 0) await sleep(10);
    await this.flush();
  }

  private async examine(query: AnsweredQuery): Promise<void> {
    const { operation, side, input } = query;
    let own: unknown = query.result;
    let differences: Difference[] = [];
    for (let attempt = 1; attempt <= tries; attempt++) {
      differences = this.differences(operation, side, own, await this.candidate(operation, side, input));
      if (differences.length === 0 || attempt === tries) break;
      await sleep(lagMs * attempt);
      own = await this.ask(operation, side, input);
    }
    this.count(operation.module, differences.length > 0);
    if (differences.length > 0) {
      await this.store.keep(operation.module, operation.name, operation.input.identity(input), differences);
    }
  }

  private async candidate(operation: PreparedOperation, side: Side, input: unknown): Promise<unknown> {
    try {
      return await this.ask(operation, otherSide(side), input);
    } catch (error) {
      return { failed: (error as { code?: string }).code ?? 'internal' };
    }
  }

  private differences(operation: PreparedOperation, side: Side, own: unknown, other: unknown): Difference[] {
    // Both as they travel: an answer of this process is not yet JSON.
    const [a, b] = [own, other].map((answer) => JSON.parse(JSON.stringify(answer ?? null)) as unknown);
    return side === 'monolith' ? compare(a, b, operation.volatile) : compare(b, a, operation.volatile);
  }

  private count(module: string, mismatch: boolean): void {
    const counts = this.counted.get(module) ?? { compared: 0, mismatches: 0 };
    counts.compared++;
    if (mismatch) counts.mismatches++;
    this.counted.set(module, counts);
  }

  private flush(): Promise<void> {
    const now = [...this.counted];
    this.counted.clear();
    const write = async () => {
      for (const [module, { compared, mismatches }] of now) {
        await this.store.count(module, compared, mismatches);
      }
    };
    this.flushing = this.flushing
      .then(write)
      .catch((error: unknown) => this.logger.warn({ msg: 'shadow counts not stored', error: String(error) }));
    return this.flushing;
  }
}
