/** The one character that PostgreSQL's text cannot hold. */
export const nul = '\u0000';

/**
 * Whether a text can be stored and comes back as it was: without NUL, and without half a surrogate pair, which UTF-8
 * cannot carry (encoders put U+FFFD there).
 */
export const isText = (text: string): boolean => !text.includes(nul) && text.isWellFormed();
