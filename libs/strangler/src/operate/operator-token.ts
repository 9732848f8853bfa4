/** The injection token of the {@link Operator} behind the admin API. Whoever opens the admin listener provides it. */
export const OPERATOR = Symbol('Operator');
