import { DomainError, OutcomeUnknownError, UnavailableError } from '#contracts';
import type { Logger } from '@nestjs/common';
import { QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { currentContext } from './context.js';
import type { PreparedOperation } from './operation.js';
import { sqlState } from './transaction.js';

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
  if (loss === 'in between' && kind !== 'query') return new OutcomeUnknownError(module, name, commandId);
  if (loss) return new UnavailableError(module, `the database of ${module} cannot be reached`);
  const traceId = currentContext()?.requestId ?? '-';
  return new DomainError('internal', { traceId }, 'something went wrong here');
}

/** All that is known of an error, for the log. */
export const described = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

const neverThere = new Set(['ECONNREFUSED', 'ENOTFOUND', '57P03', '53300']);
const lost = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', '57P01', '57P02']);

/** Whether the database went away: before anything was sent, or in between, when a commit may have arrived. */
export function databaseLoss(error: unknown): 'before' | 'in between' | undefined {
  const code = sqlState(error) ?? '';
  const text = error instanceof Error ? error.message : '';
  // TypeORM takes a connection that broke out of its transaction, and says so to whoever goes on in it.
  if (error instanceof QueryRunnerProviderAlreadyReleasedError) return 'in between';
  if (neverThere.has(code) || text.includes('timeout exceeded when trying to connect')) return 'before';
  const broken = /Connection terminated|not queryable/.test(text); // node-pg gives these no code.
  if (lost.has(code) || code.startsWith('08') || broken) return 'in between';
  return undefined;
}
