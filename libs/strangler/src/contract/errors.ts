/**
 * Facts about an error that may be shown to the caller: JSON values only.
 *
 * @example
 * ```ts
 * const data: DomainErrorData = { sku: 'A1', left: 3 };
 * ```
 */
export type DomainErrorData = Readonly<Record<string, string | number | boolean | null>>;

/**
 * An outcome that a contract declares. It crosses every transport intact: `code` for programs, `message` for
 * people, `data` for both. Make it with `contract.error()`, which refuses a code that the operation does not declare.
 *
 * @example
 * ```ts
 * const refuse = (sku: string) => orders.error('place', 'out_of_stock', { sku }); // a DomainError<'out_of_stock'>
 * ```
 */
export class DomainError<C extends string = string> extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: C,
    readonly data: DomainErrorData = {},
    message: string = code.replaceAll('_', ' '),
  ) {
    super(message);
  }
}

/**
 * Whether an error is one that contracts speak of. (`instanceof` alone makes its code and data `any`.)
 *
 * @example
 * ```ts
 * await port.place({ id: '0190a7d2-…', sku: 'A1', quantity: 2 }).catch((error: unknown) => {
 *   if (isDomainError(error) && error.code === 'out_of_stock') return undefined;
 *   throw error;
 * });
 * ```
 */
export const isDomainError = (error: unknown): error is DomainError => error instanceof DomainError;

/**
 * Codes that any call can end with, whatever its contract declares.
 *
 * @example
 * ```ts
 * const statusOf: Partial<Record<TransportCode, number>> = { validation_failed: 422, forbidden: 403, unavailable: 503 };
 * const isOurs = (code: string) => (transportCodes as readonly string[]).includes(code);
 * ```
 */
export const transportCodes = [
  'validation_failed',
  'idempotency_key_reused',
  'command_undone',
  'forbidden',
  'unavailable',
  'outcome_unknown',
  'internal',
] as const;

/**
 * A code that any call can end with; see {@link transportCodes}.
 *
 * @example
 * ```ts
 * const mayRetry = (code: TransportCode) => code === 'unavailable';
 * ```
 */
export type TransportCode = (typeof transportCodes)[number];

/**
 * Codes between a router and an executor. They cross NATS, and no caller ever sees one.
 *
 * @example
 * ```ts
 * const isInternal = (code: string) => (internalCodes as readonly string[]).includes(code); // no contract may declare one
 * ```
 */
export const internalCodes = ['not_owner', 'moving', 'unproven', 'partly_done', 'foreign'] as const;

/**
 * What is wrong with one field of an input.
 *
 * @example
 * ```ts
 * const error: FieldError = { pointer: '/items/0/sku', message: 'sku must be a string' };
 * ```
 */
export interface FieldError {
  /** JSON Pointer (RFC 6901) of the field in the input: `/items/0/sku`. */
  readonly pointer: string;
  readonly message: string;
}

/**
 * The input breaks the contract's rules; `problems` lists broken rules, `errors` the fields. Nothing was done.
 *
 * @example
 * ```ts
 * await port.get({ id: 'no id' }).catch((error: unknown) => {
 *   if (error instanceof ValidationError) console.log(error.errors[0]?.pointer); // /id
 * });
 * ```
 */
export class ValidationError extends DomainError<'validation_failed'> {
  constructor(
    readonly problems: readonly string[],
    readonly errors: readonly FieldError[] = [],
  ) {
    super('validation_failed', { problems: problems.join('; ') }, problems.join('; ') || 'validation failed');
  }
}

/**
 * Whoever asks may not. Nothing was done.
 *
 * @example
 * ```ts
 * const answer = (error: unknown) => (error instanceof ForbiddenError ? 403 : 500);
 * ```
 */
export class ForbiddenError extends DomainError<'forbidden'> {
  constructor(detail: string) {
    super('forbidden', {}, detail);
  }
}

/**
 * The side that should answer cannot be reached. Nothing was done; trying again after `retryAfterSeconds` is safe.
 *
 * @example
 * ```ts
 * const retryAfter = (error: unknown) => (error instanceof UnavailableError ? error.data['retryAfterSeconds'] : undefined);
 * ```
 */
export class UnavailableError extends DomainError<'unavailable'> {
  constructor(module: string, detail: string, retryAfterSeconds = 1) {
    super('unavailable', { module, retryAfterSeconds }, detail);
  }
}

/**
 * Turned away because too much of what anyone may ask for is asked for at once. Nothing was done; it says nothing of how the side does,
 * so no gate counts it (`data.shed`).
 *
 * @example
 * ```ts
 * const full = () => new ShedError('users', 'too many log-ins at a time', 2);
 * ```
 */
export class ShedError extends DomainError<'unavailable'> {
  constructor(module: string, detail: string, retryAfterSeconds = 1) {
    super('unavailable', { module, retryAfterSeconds, shed: true }, detail);
  }
}

/**
 * No answer in time: the command may have happened. Retry with the same command id only.
 *
 * @example
 * ```ts
 * const commandId = '0190a7d2-…';
 * const input = { id: '0190a7d3-…', sku: 'A1', quantity: 1 };
 * await port.place(input, { commandId }).catch((error: unknown) => {
 *   if (error instanceof OutcomeUnknownError) return port.place(input, { commandId }); // done once, whatever happened
 *   throw error;
 * });
 * ```
 */
export class OutcomeUnknownError extends DomainError<'outcome_unknown'> {
  constructor(module: string, operation: string, commandId: string) {
    super(
      'outcome_unknown',
      { module, operation, commandId },
      `${module}.${operation} gave no answer in time`,
    );
  }
}

/**
 * The command was taken back before it came: it never takes effect under this command id.
 *
 * @example
 * ```ts
 * const wasTakenBack = (error: unknown) => error instanceof CommandUndoneError;
 * ```
 */
export class CommandUndoneError extends DomainError<'command_undone'> {
  constructor() {
    super('command_undone', {}, 'this command was taken back and cannot be carried out any more');
  }
}
