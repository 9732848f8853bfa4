import { isDomainError, OutcomeUnknownError, transportCodes, UnavailableError } from '../contract/errors.js';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admission } from '../database/admission.js';
import { currentContext, withinContext } from '../database/context.js';
import { described } from '../database/failure.js';
import { resultIdOf, undoIdOf } from './idempotency.js';
import type { PreparedOperation } from '../contract/operation.js';
import { isOwnerLost } from '../database/refusals.js';
import { boundary } from './sagas/boundary.js';

/** What a call outside is made with. */
export interface CallOut {
  /** The same in every try of the command: of a saga's step, the step's id. */
  readonly idempotencyKey: string;
  /** Ends what takes longer than a minute: its outcome is then unknown. */
  readonly signal: AbortSignal;
}

/**
 * Makes the effect of a command outside the database: in no transaction, at times twice at once, each time with the same key.
 * Resolves with the input of the command's `result`. @throws an error that the command declares: this try did nothing.
 * Anything else says that it is not known.
 */
export type ExternalCall = (input: unknown, how: CallOut) => Promise<unknown>;

/** Sends what follows a call to whoever owns its key now: its result, or what takes it back. */
export type Settle = (
  operation: PreparedOperation,
  input: unknown,
  how: { commandId: string; undoOf?: string },
) => Promise<unknown>;

/** How long a call outside is waited for at most, in ms; its caller waits no longer than the operation's `timeoutMs`. */
const longestCallMs = 60_000;
/** Between two tries to have the result written down, in ms, doubling. */
const [shortestPauseMs, longestPauseMs] = [100, 5_000];
/** Calls outside at a time, in one process. They hold no connection; who comes on top is refused at once. */
const admission = new Admission(
  'external calls',
  { running: 1_000, waiting: 0, waitMs: 0 },
  () => new UnavailableError('outside', 'too many calls are outside just now'),
);

/**
 * The commands with a call outside that are on their way in this process. Their work outlives their callers' patience: whoever
 * comes with the same command id joins it, and its result is written down whenever it comes.
 */
export class ExternalCalls {
  private readonly logger = new Logger(ExternalCalls.name);
  private readonly out = new Map<string, Promise<unknown>>();

  constructor(
    private readonly calls: ReadonlyMap<string, ExternalCall>,
    private readonly settle: Settle,
  ) {}

  /**
   * Does all of a command's work, or joins who is at it. `input`: tells one use of the command id from another.
   * @throws {OutcomeUnknownError} when it is not done in the operation's time.
   */
  joined(
    operation: PreparedOperation,
    { commandId, input }: { commandId: string; input: string },
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const id = `${operation.name} ${commandId} ${input}`;
    let working = this.out.get(id);
    if (!working) {
      working = work().finally(() => this.out.delete(id));
      this.out.set(id, working);
    }
    return inTime(working, operation, commandId);
  }

  /**
   * Makes the call of a command whose intent is committed, and has its result written down: that is the command's answer.
   * @throws {OutcomeUnknownError} when nobody knows what became of it.
   */
  complete(operation: PreparedOperation, input: unknown, commandId: string): Promise<unknown> {
    return withinContext({ deadline: undefined }, async () => {
      const outcome = await this.call(operation, input, commandId);
      return this.written(operation, input, outcome, commandId);
    });
  }

  private async call(operation: PreparedOperation, input: unknown, commandId: string): Promise<unknown> {
    const { module, name } = operation;
    const call = this.calls.get(name) as ExternalCall;
    const signal = AbortSignal.timeout(longestCallMs);
    // What comes after all is written down; why that could not be is in the log.
    const late = (outcome: unknown) =>
      void this.written(operation, input, outcome, commandId).catch(() => undefined);
    let isOut = false;
    boundary.reached(`${module}.${name}`, 'call', 'before');
    try {
      const calling = () => {
        isOut = true;
        return untilAborted(call(input, { idempotencyKey: commandId, signal }), signal, late);
      };
      const outcome = await admission.run(calling);
      boundary.reached(`${module}.${name}`, 'call', 'after');
      return outcome;
    } catch (error) {
      // Only these say that nothing was done: what another module says of itself says nothing of this call.
      if (!isOut || isOwnerLost(error) || (isDomainError(error) && isOwn(operation, error.code))) throw error;
      throw this.unknown('a call outside gave no answer', operation, commandId, error);
    }
  }

  /** The result is a command of its own, so a key that has moved meanwhile changes nothing. */
  private async written(
    operation: PreparedOperation,
    input: unknown,
    outcome: unknown,
    commandId: string,
  ): Promise<unknown> {
    const result = operation.result() as PreparedOperation;
    try {
      return await this.settled(mayPass, result, outcome, { commandId: resultIdOf(commandId) });
    } catch (error) {
      // "Nothing was done" is said of the result; the effect was made.
      if (!isDomainError(error) || isTransport(error.code))
        throw this.unknown('the result of a call outside was not written down', operation, commandId, error);
      await this.takeBack(operation, input, commandId);
      throw error;
    }
  }

  /** The module has decided otherwise meanwhile: the effect was made, and nobody wants it. */
  private async takeBack(operation: PreparedOperation, input: unknown, commandId: string): Promise<void> {
    const undoing = operation.undoing() as PreparedOperation;
    try {
      // Not the id of those who took it back before: that is done, and the effect came after it.
      const how = { commandId: undoIdOf(resultIdOf(commandId)), undoOf: commandId };
      await this.settled(isDomainError, undoing, undoing.input.pick(input), how);
    } catch (error) {
      throw this.unknown('a call outside was not taken back', operation, commandId, error);
    }
  }

  /**
   * Its id is always the same, so it is sent again while its owner is busy, away or moving; what takes an effect back also while the
   * module refuses it, for whoever is outside may be away.
   */
  private async settled(again: (error: unknown) => boolean, ...what: Parameters<Settle>): Promise<unknown> {
    const giveUpAt = performance.now() + longestCallMs;
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        return await this.settle(...what);
      } catch (error) {
        if (!again(error) || performance.now() > giveUpAt) throw error;
      }
      await sleep(pauseMs, undefined, { ref: false });
    }
  }

  private unknown(
    msg: string,
    { module, name }: PreparedOperation,
    commandId: string,
    error: unknown,
  ): Error {
    this.logger.error({ msg, module, operation: name, commandId, error: described(error) });
    return new OutcomeUnknownError(module, name, commandId);
  }
}

/** Whether the same command may be accepted a little later. */
const mayPass = (error: unknown): boolean =>
  isDomainError(error) && ['unavailable', 'outcome_unknown'].includes(error.code);

/** Whether it is an error of this operation, and not one that any call may have. */
const isOwn = (operation: PreparedOperation, code: string): boolean =>
  operation.declares(code) && !isTransport(code);

const isTransport = (code: string): boolean => (transportCodes as readonly string[]).includes(code);

/** The place of a call that does not heed its signal is free, too. `late`: hears what comes after that. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal, late: (outcome: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => {
      reject(signal.reason as Error);
      void work.then(late, () => undefined);
    };
    signal.addEventListener('abort', end, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

function inTime<T>(
  work: Promise<T>,
  { module, name, timeoutMs }: PreparedOperation,
  commandId: string,
): Promise<T> {
  const leftMs = Math.min(timeoutMs, (currentContext()?.deadline ?? Infinity) - performance.now());
  return new Promise((resolve, reject) => {
    const late = () => reject(new OutcomeUnknownError(module, name, commandId));
    const timer = setTimeout(late, leftMs);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
