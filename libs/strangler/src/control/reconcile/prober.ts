import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { buckets } from '../../routes/bucket.js';
import { outcomeOf } from '../../calls/call-observer.js';
import type { Probing } from '../../evidence/evidence.js';
import type { PreparedOperation } from '../../contract/operation.js';
import { sides, type Side } from '../../routes/phase.js';
import type { AskSide } from '../../calls/shadow/shadow-reads.js';
import type { SideControl } from '../../sides/side.js';
import type { ProbeOrder } from './needs.js';

/** So many questions are under way at most, each to both sides. */
const atOnce = 4;
/** A question begins no sooner than this after the one before it, in ms: customers must not feel them. */
const everyMs = 8;
/** So many of a step are asked without being counted: the first calls to a service that was idle open its connections. */
const warmUps = 8;
/** So many questions of one order; then the controller looks again. */
const mostOfOrder = 128;
/** So many keys are sampled; they are sampled anew after so many ms. */
const mostKeys = 400;
const keysForMs = 10_000;
/** Where there were no rows, it is looked again sooner, in ms. */
const noKeysForMs = 2_000;

export interface ProberParts {
  module: string;
  /** Queries of the module. */
  operations: readonly PreparedOperation[];
  sides: () => Readonly<Record<Side, SideControl>>;
  ask: AskSide;
  /** Asks both sides and compares. */
  compare: (operation: PreparedOperation, input: unknown) => Promise<void>;
  /** Counts a call to one side. */
  record: (side: Side, ms: number, failed: boolean) => void;
  /** Whether no questions may be asked now: a side is behind. */
  halted: () => boolean;
  /** Writes down what was counted. */
  flush: () => Promise<void>;
}

/** Asks both sides of one module where customers do not: a few questions at once, at a bounded rate, in the background. */
export class Prober {
  private readonly logger = new Logger(Prober.name);
  private readonly askable: readonly PreparedOperation[];
  private keys: { below: number; at: number; found: readonly string[] } | undefined;
  private asked = 0;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly parts: ProberParts) {
    this.askable = parts.operations.filter(({ probe }) => probe !== undefined);
  }

  /** What can be asked, as far as it is known. */
  get probing(): Probing {
    const { operations } = this.parts;
    return {
      able: this.askable.length === 0 ? 'no query' : this.ableWith(this.keys?.found),
      queries: operations.length > 0,
      anyReads: operations.some(({ reads }) => reads === 'any'),
    };
  }

  private ableWith(keys: readonly string[] | undefined): Probing['able'] {
    return keys === undefined ? 'not known yet' : keys.length === 0 ? 'no rows' : 'yes';
  }

  /** Carries out an order, unless one is under way. */
  order(order: ProbeOrder): void {
    if (this.running || this.stopped || this.askable.length === 0) return;
    this.running = this.carryOut(order)
      .catch((error: unknown) => this.logger.warn({ msg: 'could not ask both sides', error: String(error) }))
      .finally(() => (this.running = undefined));
  }

  /** Ends the order under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async carryOut({ how, count, below }: ProbeOrder): Promise<void> {
    const keys = await this.keysFor(below);
    if (keys.length === 0) return;
    let left = Math.min(count, mostOfOrder);
    const began = performance.now();
    let begun = 0;
    const worker = async () => {
      while (left-- > 0 && !this.stopped && !this.parts.halted()) {
        const wait = began + everyMs * begun++ - performance.now();
        // A timer takes whole milliseconds, and would begin too early with less.
        if (wait > 0) await sleep(Math.ceil(wait));
        await this.question(how, keys);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    await this.parts.flush();
  }

  private async question(how: ProbeOrder['how'], keys: readonly string[]): Promise<void> {
    const turn = this.asked++;
    const operation = this.askable[turn % this.askable.length] as PreparedOperation;
    const input = operation.probe?.(keys[turn % keys.length] as string);
    if (how === 'compare') return this.parts.compare(operation, input);
    const counts = turn >= warmUps;
    await Promise.all(sides.map((side) => this.measure(operation, side, input, counts)));
  }

  private async measure(
    operation: PreparedOperation,
    side: Side,
    input: unknown,
    counts: boolean,
  ): Promise<void> {
    const began = performance.now();
    const outcome = await this.parts.ask(operation, side, input).then(() => 'ok', outcomeOf);
    // A refusal is quick, and shows nothing: the row is gone, or the contract's probe is wrong.
    if (counts && (outcome === 'ok' || outcome === 'error'))
      this.parts.record(side, performance.now() - began, outcome === 'error');
  }

  /** Of rows of their owners. */
  private async keysFor(below: number): Promise<readonly string[]> {
    const known = this.keys;
    const lasts = known && known.found.length > 0 ? keysForMs : noKeysForMs;
    if (known && known.below === below && performance.now() - known.at < lasts) return known.found;
    const { monolith, extracted } = this.parts.sides();
    const limit = mostKeys / 2;
    const [there, here] = await Promise.all([
      below > 0 ? extracted.sampleKeys({ from: 0, to: below, limit }) : [],
      below < buckets ? monolith.sampleKeys({ from: below, to: buckets, limit }) : [],
    ]);
    if (known?.below !== below) this.asked = 0;
    // One of each in turn, so that the few that have moved are asked about as well.
    const found = Array.from({ length: Math.max(here.length, there.length) }, (_, i) => [there[i], here[i]])
      .flat()
      .filter((key) => key !== undefined);
    this.keys = { below, at: performance.now(), found };
    return found;
  }
}
