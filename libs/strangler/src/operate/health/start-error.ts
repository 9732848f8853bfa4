/**
 * A start that cannot be: the message is one clear sentence for the operator.
 *
 * @example
 * ```ts
 * const required = (name: string) => {
 *   const value = globalThis.process.env[name];
 *   if (!value) throw new StartError(`${name} is missing: set it to the URL of the database`);
 *   return value;
 * };
 * ```
 */
export class StartError extends Error {}
