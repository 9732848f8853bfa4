/**
 * So long, in ms, keys count at most while whoever publishes them cannot be asked; then tokens are refused, for one of them may have
 * been withdrawn. A token of the users module does not last longer, so that hardly anybody who has one is turned away by it.
 */
export const longestUnasked = 3_600_000;
