import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { otherSide, type Side } from '../../routes/phase.js';
import type { PreparedOperation } from '../../contract/operation.js';
import type { Origin } from '../../evidence/evidence.js';
import { compare, type FieldDifference } from './compare.js';
import type { ComparisonCounts } from './comparison-counts.js';
import type { ShadowStore } from './shadow-store.js';

/** A query that has been answered, and may be asked of the other side too. */
export interface ShadowedQuery {
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
const tries = 6;
const lagMs = 100;

/** Codes of calls that got no answer: nothing can be compared then. */
const noAnswer: ReadonlySet<unknown> = new Set(['unavailable', 'outcome_unknown']);

/** What a side has said: its answer, or the code of its refusal. */
type Said = { answer: unknown } | { none: true };
type Outcome = 'same' | 'unavailable' | FieldDifference[];

/**
 * Asks the other side what has been asked of this one, after the caller has its answer, and compares (GitHub's Scientist).
 * Nothing that goes wrong here reaches a caller. A candidate that fails counts as a mismatch; one that is not there, too slow or
 * known to be behind has said nothing, and is counted apart.
 */
export class ShadowReads {
  private readonly logger = new Logger(ShadowReads.name);
  private running = 0;

  constructor(
    private readonly store: Pick<ShadowStore, 'keep'>,
    private readonly counts: Pick<ComparisonCounts, 'add'>,
    private readonly ask: AskSide,
    /** The share of a module's queries that are compared now, 0 to 1; 0 while a side is known to be behind. */
    private readonly sampleOf: (module: string) => number,
  ) {}

  /** Takes note of an answer. Returns at once. */
  answered(query: ShadowedQuery): void {
    const sample = this.sampleOf(query.operation.module);
    if (sample === 0 || this.running >= mostAtOnce || Math.random() >= sample) return;
    this.running++;
    setImmediate(() => {
      void this.examine(query, 'customer')
        .catch((error: unknown) => this.logger.warn({ msg: 'shadow read not counted', error: String(error) }))
        .finally(() => this.running--);
    });
  }

  /** Asks both sides by itself, and compares. */
  async probe(operation: PreparedOperation, input: unknown): Promise<void> {
    let result: unknown;
    try {
      result = await this.ask(operation, 'monolith', input);
    } catch {
      // Two refusals are equal, and show nothing: the row is gone, or the contract's probe is wrong.
      this.count(operation.module, 'probe', 'unavailable');
      return;
    }
    await this.examine({ operation, side: 'monolith', input, result }, 'probe');
  }

  /** Waits for the last. */
  async close(): Promise<void> {
    while (this.running > 0) await sleep(10);
  }

  private async examine(query: ShadowedQuery, origin: Origin): Promise<void> {
    const { operation, input } = query;
    const outcome = await this.outcomeOf(query);
    this.count(operation.module, origin, outcome);
    if (typeof outcome === 'object') {
      const { module, name } = operation;
      const differences = outcome.map((each) => maskedDifference(operation, each));
      await this.store.keep(module, name, operation.input.masked(input), differences);
    }
  }

  private async outcomeOf({ operation, side, input, result }: ShadowedQuery): Promise<Outcome> {
    let own: Said = { answer: result };
    for (let attempt = 1; ; attempt++) {
      const other = await this.said(operation, otherSide(side), input);
      if ('none' in own || 'none' in other) return 'unavailable';
      const differences = this.differences(operation, side, own.answer, other.answer);
      if (differences.length === 0) return 'same';
      if (this.sampleOf(operation.module) === 0) return 'unavailable';
      if (attempt === tries) return differences;
      await sleep(lagMs * attempt);
      own = await this.said(operation, side, input);
    }
  }

  private async said(operation: PreparedOperation, side: Side, input: unknown): Promise<Said> {
    try {
      return { answer: await this.ask(operation, side, input) };
    } catch (error) {
      const { code = 'internal' } = error as { code?: string };
      return noAnswer.has(code) ? { none: true } : { answer: { failed: code } };
    }
  }

  private differences(
    operation: PreparedOperation,
    side: Side,
    own: unknown,
    other: unknown,
  ): FieldDifference[] {
    // Both as they travel: an answer of this process is not yet JSON.
    const [a, b] = [own, other].map((answer) => JSON.parse(JSON.stringify(answer ?? null)) as unknown);
    return side === 'monolith' ? compare(a, b, operation.volatile) : compare(b, a, operation.volatile);
  }

  private count(module: string, origin: Origin, outcome: Outcome): void {
    if (outcome === 'unavailable') this.counts.add(module, origin, { unavailable: 1 });
    else this.counts.add(module, origin, { compared: 1, mismatches: outcome === 'same' ? 0 : 1 });
  }
}

/** A difference as people may see it: that a field differs, and of what is masked not in what. */
function maskedDifference(
  { output }: PreparedOperation,
  { path, monolith, extracted }: FieldDifference,
): FieldDifference {
  // The code of a refusal in the place of an answer.
  if (path === 'failed') return { path, monolith, extracted };
  const parts = path === '' ? [] : path.split('.');
  const shown = (value: unknown) => output.maskedAt(parts, value);
  return { path, monolith: shown(monolith), extracted: shown(extracted) };
}
