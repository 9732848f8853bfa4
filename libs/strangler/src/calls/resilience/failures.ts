import { isDomainError, UnavailableError } from '../../contract/errors.js';
import { OtherReleaseError, UnservedError } from '../../database/refusals.js';

/** Not sent, because a policy says so. Nothing was done. */
export class HeldBackError extends UnavailableError {}

/**
 * Whether a side has failed to do its part: it gave no answer, nobody was there, or it says itself that it cannot. What it says of others
 * (`data.module`), and any other answer, shows that it works: also that it is not the owner, or that something is wrong with this one call.
 */
export function isSideFailure(error: unknown, module: string): boolean {
  if (!isDomainError(error) || error instanceof OtherReleaseError) return false;
  const { code, data } = error;
  return (code === 'unavailable' || code === 'outcome_unknown') && data['module'] === module && !data['shed'];
}

/** Whether it may go better at once. Who waited for somebody to be there, or was held back, has no better chance in some milliseconds. */
export const isPassing = (error: unknown, module: string): boolean =>
  isSideFailure(error, module) && !(error instanceof UnservedError) && !(error instanceof HeldBackError);

/** Whether it is unknown what came of the call. */
export const isUnknown = (error: unknown): boolean =>
  isDomainError(error) && error.code === 'outcome_unknown';
