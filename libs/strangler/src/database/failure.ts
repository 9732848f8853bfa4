import { DomainError, OutcomeUnknownError, UnavailableError } from '../contract/errors.js';
import type { Logger } from '@nestjs/common';
import { UnconfirmedError } from './acknowledger.js';
import { currentContext } from './context.js';
import type { PreparedOperation } from '../contract/operation.js';
import { isTransient, sqlState } from './sql-state.js';
import { withoutValues } from './without-values.js';

/**
 * Makes an error that the contract does not declare fit to be seen. A lost database says what that means for the
 * caller; anything else is `internal`, with the request id to quote. The log gets everything.
 */
export function hide(
  error: unknown,
  logger: Logger,
  { module, name, kind }: PreparedOperation,
  commandId: string,
): DomainError {
  logger.error({ msg: 'operation failed', module, operation: name, error: described(error) });
  const loss = databaseLoss(error);
  const mayBeDone = loss === 'in between' || error instanceof UnconfirmedError;
  if (mayBeDone && kind !== 'query') return new OutcomeUnknownError(module, name, commandId);
  if (loss) return new UnavailableError(module, `the database of ${module} cannot be reached`);
  if (tooSlow.has(sqlState(error) ?? ''))
    return new UnavailableError(module, `the database of ${module} took too long`);
  // Tried as often as it may be: all was rolled back.
  if (isTransient(error)) return new UnavailableError(module, `others change the same rows of ${module}`);
  const traceId = currentContext()?.requestId ?? '-';
  return new DomainError('internal', { traceId }, 'something went wrong here');
}

/** All that is known of an error, for the log; without values of rows. */
export const described = (error: unknown): string =>
  error instanceof Error ? withoutValues(error.stack ?? error.message, sqlState(error)) : String(error);

/** SQLSTATEs of a statement that was ended because it took too long, or waited too long for a lock: its transaction is rolled back. */
const tooSlow = new Set(['57014', '55P03']);
/**
 * Codes by which nothing was done: no connection, one that takes no writes, or another server that does not know us; with them all of class
 * 53: no room on the disk, no memory, no connection more.
 */
const neverThere = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['57P03', '57P04', '25006'],
  ...['28P01', '28000', '3D000'],
]);
/** Those of a connection that ended while it was in use; with them all of class 08. */
const lost = new Set([
  ...['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['57P01', '57P02', '57P05', '25P03', '25P04'],
]);
/** node-pg and its pool give these no code. */
const noConnection = /timeout exceeded when trying to connect|due to connection timeout|timeout expired/;
const broken =
  /Connection terminated|not queryable|Query read timeout|Received unexpected \w+ message|has fallen silent/;

/** Whether the database went away: before anything was sent, or in between, when a commit may have arrived. */
export function databaseLoss(error: unknown): 'before' | 'in between' | undefined {
  const code = sqlState(error) ?? '';
  const text = error instanceof Error ? error.message : '';
  if (neverThere.has(code) || code.startsWith('53') || noConnection.test(text)) return 'before';
  if (lost.has(code) || code.startsWith('08') || broken.test(text) || isReleased(error)) return 'in between';
  return undefined;
}

/**
 * TypeORM takes a connection that broke out of its transaction, and says so to whoever goes on in it, or commits. Known by name: who works on
 * plain pg loads no TypeORM.
 */
const isReleased = (error: unknown): boolean =>
  error instanceof Error && /^QueryRunner(Provider)?AlreadyReleasedError$/.test(error.name);
