/**
 * The injection token of the {@link Operator} behind the admin API. Whoever opens the admin listener provides it.
 *
 * @example
 * ```ts
 * const injected = app.get<Operator>(OPERATOR);
 * ```
 */
export const OPERATOR = Symbol('Operator');
