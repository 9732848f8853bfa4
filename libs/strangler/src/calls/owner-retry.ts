import {
  isDomainError,
  OutcomeUnknownError,
  UnavailableError,
  type DomainError,
} from '../contract/errors.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { currentContext, withinContext } from '../database/context.js';
import { undoIdOf } from './idempotency.js';
import type { PreparedOperation } from '../contract/operation.js';
import { otherSide, type Side } from '../routes/phase.js';
import { isUnproven } from '../database/refusals.js';
import { partsOf, type Part } from '../routes/route.js';
import { failed, judgeParts, keysTouched, type Ended, type FanOutFailure } from './fan-out.js';

/** How long a call without a deadline looks for the owner of its keys, in ms; longer if its operation takes longer. */
const patienceMs = 10_000;
/** Waits between tries, in ms, and how they grow. A hand-off takes some milliseconds; no wait is much too long for it. */
const firstWaitMs = 2;
const longestWaitMs = 50;
const growth = 1.25;

/** How long a call of the operation without a deadline begins new tries, in ms. */
export const patienceOf = ({ timeoutMs }: PreparedOperation): number => Math.max(timeoutMs, patienceMs);

/** How long a call of the operation without a deadline may take in all, in ms: with its last try, and taking back what it did. */
export function longestCallMs(operation: PreparedOperation): number {
  const { timeoutMs } = operation;
  const undoing = operation.undoing();
  return patienceOf(operation) + timeoutMs + (undoing ? timeoutMs + undoing.timeoutMs : 0);
}

/** A call that looks for its owner. */
export interface PursuedCall {
  readonly operation: PreparedOperation;
  readonly input: unknown;
  /** The input was parsed by the operation's rules. */
  readonly parsed?: true;
  /** The same in every try. Empty: a query. */
  readonly commandId: string;
  readonly undoOf: string | undefined;
  readonly cancel: boolean | undefined;
  /** When the call began, by `performance.now()`. */
  readonly startedAt: number;
}

/** What the pursuit of a call has done by others. */
export interface Ways {
  /** One try on one side, of the whole input or of a part of it. */
  attempt(side: Side, input: unknown): Promise<unknown>;
  /** The routes have proved to be out of date. */
  refresh(): void;
  /** Cancels the command for a part of its input. @throws `command_undone`: it is; else another try has done it. */
  cancel(input: unknown): Promise<unknown>;
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
export class OwnerRetry {
  /** Keys that are done, or may be. */
  private readonly touched = new Set<string>();
  /** The owner has not proven itself. */
  private held = false;

  constructor(
    readonly call: PursuedCall & { readonly parsed: true },
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
      const verdict = judgeParts(operation, input, ended, { commandId, touched: this.touched });
      if (verdict.kind === 'answer') return verdict.output;
      if (verdict.kind === 'fail' && (await this.takenBack(verdict))) throw verdict.error;
      for (const key of keysTouched(ended)) this.touched.add(key);
      this.ways.refresh();
      const refusals = verdict.kind === 'again' ? verdict.refusals.map(({ error }) => error) : [];
      this.held = refusals.some(isUnproven);
      // To the other side at once; but if that one says the same, or nobody is the owner now, a little later.
      const atOnce: boolean = !turned && refusals.every(({ code }) => code === 'not_owner');
      turned = atOnce;
      if (!atOnce) await this.pause(waits++, giveUpAt);
      if (performance.now() >= giveUpAt) throw this.tooLate();
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

  /**
   * Takes back what a failed command has done, once it is decided that it fails. False: another try has done what was
   * refused here, so the command is to be ended forward.
   */
  private async takenBack({ undo, decideAt }: FanOutFailure): Promise<boolean> {
    const { operation, input, commandId } = this.call;
    const undoing = operation.undoing();
    if (undo.length === 0 || !undoing) return true;
    try {
      if (decideAt !== undefined && !(await this.cancelled(decideAt))) return false;
      const part = undoing.input.pick(operation.pick(input, undo));
      const how = { commandId: undoIdOf(commandId), undoOf: commandId };
      await this.whateverTimeIsLeft(undoing, () => this.ways.undo(undoing, part, how));
      return true;
    } catch {
      throw new OutcomeUnknownError(operation.module, operation.name, commandId);
    }
  }

  private async cancelled(key: string): Promise<boolean> {
    const { operation, input } = this.call;
    const part = operation.pick(input, [key]);
    try {
      await this.whateverTimeIsLeft(operation, () => this.ways.cancel(part));
      return false;
    } catch (error) {
      if (isDomainError(error) && error.code === 'command_undone') return true;
      throw error;
    }
  }

  /** What is done has to be undone, however little time the caller has left. */
  private whateverTimeIsLeft<T>({ timeoutMs }: PreparedOperation, work: () => Promise<T>): Promise<T> {
    return withinContext({ deadline: Math.max(this.giveUpAt(), performance.now() + timeoutMs) }, work);
  }

  private async pause(waits: number, giveUpAt: number): Promise<void> {
    const waitMs = Math.min(longestWaitMs, firstWaitMs * growth ** waits) * (0.5 + Math.random());
    await sleep(Math.max(0, Math.min(waitMs, giveUpAt - performance.now())));
  }

  private keys(): readonly string[] {
    const { operation, input } = this.call;
    return operation.keysOf(input);
  }

  private giveUpAt(): number {
    const { operation, startedAt } = this.call;
    return currentContext()?.deadline ?? startedAt + patienceOf(operation);
  }

  private tooLate(): DomainError {
    const { operation, commandId } = this.call;
    const { module, name } = operation;
    return this.touched.size > 0 && this.call.operation.kind !== 'query'
      ? new OutcomeUnknownError(module, name, commandId)
      : new UnavailableError(module, this.held ? heldFor(module) : `${module} is being moved just now`);
  }
}

const heldFor = (module: string): string =>
  `${module} takes no writes: its database has not proven that it still holds what it had`;
