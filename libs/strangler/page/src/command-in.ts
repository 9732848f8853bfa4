/**
 * The command that a refusal advises at its end; `undefined`: none. Pure.
 *
 * @example
 * ```ts
 * commandIn('it does not answer; if it is gone: npx strangler failover parcels'); // npx strangler failover parcels
 * ```
 */
export const commandIn = (text: string | undefined): string | undefined => form.exec(text ?? '')?.[1];

const form = /(?:^|[:,;] )((?:npm run -s |npx )?strangler (?:-- )?[a-z][^:;,]*|npm run [\w:-]+ -- [\w-]+)$/;
