import {
  DomainError,
  type CodeOf,
  type DomainErrorData,
  type TransportCode,
  isDomainError,
} from 'nestjs-strangler/contract';

type Contracts = typeof import('#contracts');
type OperationsOf<T> = T extends { operations: infer O } ? O[keyof O] : never;

/** Every code that any contract declares for any of its operations. */
type DeclaredCode = { [K in keyof Contracts]: CodeOf<OperationsOf<Contracts[K]>> }[keyof Contracts];

/** Codes of the edge itself. */
type EdgeCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'refused'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'rate_limited';

export type ProblemCode = DeclaredCode | TransportCode | EdgeCode;

/** What callers see for each error code. A code that a contract declares and that has no row here does not compile. */
export const problems = {
  validation_failed: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Authentication is required' },
  payment_declined: { status: 402, title: 'The payment was declined' },
  wrong_password: { status: 403, title: 'The password is not right' },
  forbidden: { status: 403, title: 'This account may not do that' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  email_taken: { status: 409, title: 'This e-mail address has an account already' },
  out_of_stock: { status: 409, title: 'There is not enough in stock' },
  too_much_stock: { status: 409, title: 'There would be more in stock than can be counted' },
  mixed_currencies: { status: 409, title: 'The items have prices in different currencies' },
  command_undone: { status: 409, title: 'This was taken back before it was done' },
  last_admin: { status: 409, title: 'This is the last admin' },
  order_cancelled: { status: 409, title: 'The order was cancelled' },
  refused: { status: 409, title: 'This cannot be done now' },
  payload_too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The body has to be JSON in UTF-8' },
  idempotency_key_reused: { status: 422, title: 'This idempotency key was used for another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong here' },
  provider_unavailable: { status: 503, title: 'The payment provider cannot be reached' },
  unavailable: { status: 503, title: 'This part of the shop cannot be reached just now' },
  outcome_unknown: { status: 504, title: 'No answer in time: it may have happened' },
} as const satisfies Record<ProblemCode, { status: number; title: string }>;

/** An error of the edge. Contracts make their own. */
export const refusal = (
  code: ProblemCode,
  detail: string,
  data: DomainErrorData = {},
): DomainError<ProblemCode> => new DomainError(code, data, detail);

/** Whether an error may be shown: one of ours, with a code that has a row. */
export const isDeclared = (error: unknown): error is DomainError<ProblemCode> =>
  isDomainError(error) && Object.hasOwn(problems, error.code);
