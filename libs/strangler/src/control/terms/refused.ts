/**
 * An action that is not legal now: the reason, and what would make it legal. HTTP 409.
 *
 * @example
 * ```ts
 * await operator.act('orders', { verb: 'advance' }, { actor: 'ann', dryRun: false }).catch((error: unknown) => {
 *   if (error instanceof RefusedError) console.log(error.message); // what would make it legal
 * });
 * ```
 */
export class RefusedError extends Error {}

/**
 * There is no such module. HTTP 404.
 *
 * @example
 * ```ts
 * const exists = (name: string) =>
 *   operator.module(name).then(
 *     () => true,
 *     (error: unknown) => !(error instanceof UnknownModuleError),
 *   );
 * ```
 */
export class UnknownModuleError extends Error {}

/** Too many ask for the same at a time. HTTP 503. */
export class BusyError extends Error {}
