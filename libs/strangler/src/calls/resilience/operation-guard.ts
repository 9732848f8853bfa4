import { ExponentialBackoff } from 'cockatiel';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admission } from '../../database/admission.js';
import { currentContext, withinContext } from '../../database/context.js';
import type { PreparedOperation } from '../../contract/operation.js';
import type { Side } from '../../routes/phase.js';
import type { RemoteCalls, RemoteOptions } from '../side-calls.js';
import { OtherReleaseError } from '../../database/refusals.js';
import { HeldBackError, isPassing, isSideFailure, isUnknown } from './failures.js';
import { Inconclusive, type BulkheadFigures, type Concluded, type SideGuard } from './side-guard.js';

/** Waits between tries: the first about so long, in ms, and none longer; with jitter, so that those who failed together do not come together again. */
const pauses = new ExponentialBackoff({ initialDelay: 20, maxDelay: 500 });
/** A try that had less of its time than this share says nothing of the side when it is over. */
const fairShare = 0.1;
/** So many copies of a service are asked at most for one that knows the input. With half of them of another release one call in 65,000 finds none. */
const mostCopies = 16;

/** Calls of one operation to one side: at most so many at a time, and each tried again where that is safe and may help. */
export class OperationGuard {
  private readonly bulkhead: Admission;

  constructor(
    private readonly operation: PreparedOperation,
    private readonly side: Side,
    private readonly guard: SideGuard,
    private readonly calls: RemoteCalls,
    private readonly isConnected: () => boolean,
  ) {
    const { module, name, policy, timeoutMs } = operation;
    this.bulkhead = new Admission(
      `${module}.${name} on ${side}`,
      { running: policy.atOnce, waiting: policy.waiting, waitMs: timeoutMs },
      () => new HeldBackError(module, `too many calls of ${module}.${name} are under way`),
    );
  }

  /** Whether its calls are of that side of a module. */
  isOf(module: string, side: Side): boolean {
    return this.operation.module === module && this.side === side;
  }

  figures(): BulkheadFigures {
    const { running, waiting, refused } = this.bulkhead.figures();
    const { name, policy } = this.operation;
    return { operation: name, atOnce: policy.atOnce, running, waiting, refused };
  }

  call(input: unknown, options: RemoteOptions): Promise<unknown> {
    const { policy, timeoutMs, kind } = this.operation;
    const giveUpAt = Math.min(currentContext()?.deadline ?? Infinity, performance.now() + timeoutMs);
    this.guard.budget.earn();
    const first = this.askCopies(input, options, giveUpAt);
    const isRepeatable = policy.retries > 0 && (kind === 'query' || options.commandId !== undefined);
    return isRepeatable
      ? first.catch((error: unknown) => this.again(error, input, options, giveUpAt))
      : first;
  }

  /**
   * Tries again, under the same command id. Once it is unknown what came of a command, only an answer ends that: a refusal may be that of a
   * try which was overtaken by the former one.
   */
  private async again(
    first: unknown,
    input: unknown,
    options: RemoteOptions,
    giveUpAt: number,
  ): Promise<unknown> {
    const { module, policy } = this.operation;
    let error = first;
    let unknown = isUnknown(first) ? first : undefined;
    let pause = pauses.next();
    for (let tries = 0; tries < policy.retries && isPassing(error, module); tries++) {
      if (performance.now() + pause.duration >= giveUpAt || !this.guard.budget.take()) break;
      await sleep(pause.duration);
      try {
        return await this.askCopies(input, options, giveUpAt);
      } catch (next) {
        error = next;
        if (isUnknown(next)) unknown ??= next;
      }
      pause = pause.next(undefined);
    }
    throw unknown ?? error;
  }

  /**
   * Asks the next copy while one refuses that is of another release, and does not know the input. Nothing was done, and no side has failed: so neither
   * the budget nor the number of retries bounds it.
   */
  private async askCopies(input: unknown, options: RemoteOptions, giveUpAt: number): Promise<unknown> {
    for (let copies = 1; ; copies++) {
      try {
        return await this.tryOnce(input, options, giveUpAt);
      } catch (error) {
        const isLast = copies === mostCopies || performance.now() >= giveUpAt;
        if (!(error instanceof OtherReleaseError) || isLast) throw error;
      }
    }
  }

  private async tryOnce(input: unknown, options: RemoteOptions, giveUpAt: number): Promise<unknown> {
    // What takes back was begun when that was done.
    const begun = options.cancel === true || options.undoOf !== undefined;
    const ended = await this.bulkhead.run(() => this.guard.run(() => this.ask(input, options, giveUpAt)), {
      ...{ begun, until: giveUpAt },
    });
    if ('refusal' in ended) throw ended.refusal;
    return ended.output;
  }

  /** @throws where the side has failed. */
  private async ask(input: unknown, options: RemoteOptions, giveUpAt: number): Promise<Concluded> {
    const { operation, side, calls } = this;
    const { tryMs } = operation.policy;
    const began = performance.now();
    const deadline = Math.min(giveUpAt, began + tryMs);
    const go = () => calls.call(operation, side, input, options);
    try {
      const isBounded =
        deadline >= Math.min(currentContext()?.deadline ?? Infinity, began + operation.timeoutMs);
      return { output: await (isBounded ? go() : withinContext({ deadline }, go)) };
    } catch (error) {
      if (!isSideFailure(error, operation.module)) return { refusal: error };
      throw this.isConnected() && deadline - began >= tryMs * fairShare ? error : new Inconclusive(error);
    }
  }
}
