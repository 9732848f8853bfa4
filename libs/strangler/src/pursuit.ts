import { OutcomeUnknownError, UnavailableError, type DomainError } from '#contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { currentContext, withinContext } from './context.js';
import { undoIdOf } from './idempotency.js';
import type { PreparedOperation } from './operation.js';
import { otherSide, type Side } from './phase.js';
import { partsOf, type Part } from './route.js';
import { failed, judge, keysTouched, type Ended } from './split.js';

/** How long a call without a deadline looks for the owner of its keys, in ms; longer if its operation takes longer. */
const patienceMs = 10_000;
/** Waits between tries, in ms, and how they grow. A hand-off takes some milliseconds; no wait is much too long for it. */
const firstWaitMs = 2;
const longestWaitMs = 50;
const growth = 1.25;

/** A call that looks for its owner. */
export interface PursuedCall {
  readonly operation: PreparedOperation;
  readonly input: unknown;
  /** The same in every try. Empty: a query. */
  readonly commandId: string;
  readonly undoOf: string | undefined;
  /** When the call began, by `performance.now()`. */
  readonly startedAt: number;
}

/** What the pursuit of a call has done by others. */
export interface Ways {
  /** One try on one side, of the whole input or of a part of it. */
  attempt(side: Side, input: unknown): Promise<unknown>;
  /** The routes have proved to be out of date. */
  refresh(): void;
  /** Takes a part back. */
  undo(
    operation: PreparedOperation,
    input: unknown,
    how: { commandId: string; undoOf: string },
  ): Promise<unknown>;
}

/**
 * Follows the owners of a call's keys until all of it is answered or its time is up. Every try is planned anew; what a
 * former one has done is answered from the idempotency table. Callers see a slower answer, never why.
 */
export class Pursuit {
  /** Keys that are done, or may be. */
  private readonly touched = new Set<string>();

  constructor(
    readonly call: PursuedCall,
    private readonly ways: Ways,
  ) {}

  /** Goes on after `side` has refused the whole call. */
  after(side: Side, error: DomainError): Promise<unknown> {
    const part = { side, keys: this.keys() };
    return this.goOn([failed(part, error)]);
  }

  /** Begins with parts for several owners. */
  async inParts(parts: readonly Part[]): Promise<unknown> {
    return this.goOn(await this.tryAll(parts));
  }

  private async goOn(first: readonly Ended[]): Promise<unknown> {
    const { operation, input, commandId } = this.call;
    const giveUpAt = this.giveUpAt();
    let ended = first;
    for (let waits = 0, turned = false; ;) {
      const verdict = judge(operation, input, ended, { commandId, touched: this.touched });
      if (verdict.kind === 'answer') return verdict.output;
      if (verdict.kind === 'fail') return this.fail(verdict.error, verdict.undo);
      for (const key of keysTouched(ended)) this.touched.add(key);
      this.ways.refresh();
      const refusals = verdict.refusals.map(({ error }) => error);
      // To the other side at once; but if that one says the same, or nobody is the owner now, a little later.
      const atOnce: boolean = !turned && refusals.every(({ code }) => code === 'not_owner');
      turned = atOnce;
      if (!atOnce) await this.pause(waits++, giveUpAt);
      if (Date.now() >= giveUpAt) throw this.tooLate();
      ended = await this.tryAll(this.partsAfter(ended, refusals));
    }
  }

  private tryAll(parts: readonly Part[]): Promise<Ended[]> {
    const { operation, input } = this.call;
    return Promise.all(
      parts.map(async (part): Promise<Ended> => {
        try {
          const own = parts.length === 1 ? input : operation.pick(input, part.keys);
          return { kind: 'ok', part, output: await this.ways.attempt(part.side, own) };
        } catch (error) {
          return failed(part, error);
        }
      }),
    );
  }

  /** Who refuses because of the border knows a newer one than the routes, or is itself about to learn it. */
  private partsAfter(ended: readonly Ended[], refusals: readonly DomainError[]): Part[] {
    const { operation } = this.call;
    const notOwner = refusals.find(({ code }) => code === 'not_owner');
    if (!notOwner) return ended.map(({ part }) => part);
    const border = notOwner.data['extractedBelow'];
    if (typeof border === 'number' && (operation.kind !== 'query' || operation.reads === 'owner')) {
      return partsOf({ extractedBelow: border }, operation.module, this.keys());
    }
    return ended.map(({ kind, part }) =>
      kind === 'elsewhere' ? { ...part, side: otherSide(part.side) } : part,
    );
  }

  private async fail(error: unknown, undo: readonly string[]): Promise<never> {
    const { operation, input, commandId } = this.call;
    const undoing = operation.undoing();
    if (undo.length > 0 && undoing) {
      const part = undoing.input.pick(operation.pick(input, undo));
      // What is done has to be undone, however little time the caller has left.
      const deadline = Math.max(this.giveUpAt(), Date.now() + undoing.timeoutMs);
      try {
        await withinContext({ deadline }, () =>
          this.ways.undo(undoing, part, { commandId: undoIdOf(commandId), undoOf: commandId }),
        );
      } catch {
        throw new OutcomeUnknownError(operation.module, operation.name, commandId);
      }
    }
    throw error;
  }

  private async pause(waits: number, giveUpAt: number): Promise<void> {
    const waitMs = Math.min(longestWaitMs, firstWaitMs * growth ** waits) * (0.5 + Math.random());
    await sleep(Math.max(0, Math.min(waitMs, giveUpAt - Date.now())));
  }

  private keys(): readonly string[] {
    const { operation, input } = this.call;
    return operation.keysOf(operation.input.parse(input));
  }

  private giveUpAt(): number {
    const { operation, startedAt } = this.call;
    const began = Date.now() - (performance.now() - startedAt);
    return currentContext()?.deadline ?? began + Math.max(operation.timeoutMs, patienceMs);
  }

  private tooLate(): DomainError {
    const { operation, commandId } = this.call;
    const { module, name } = operation;
    return this.touched.size > 0
      ? new OutcomeUnknownError(module, name, commandId)
      : new UnavailableError(module, `${module} is being moved just now`);
  }
}
