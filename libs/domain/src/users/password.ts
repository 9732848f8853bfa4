import { hash, verify } from '@node-rs/argon2';

/** OWASP's parameters for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane; about 30 ms. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hash of 32 random bytes that nobody has kept. */
const nobody =
  '$argon2id$v=19$m=19456,t=2,p=1$jxjjujjJTd6VwKsuujuo0A$EzSwFRxI0PDFHzR+5Kqf3lEeiNvesRb3nulwpguLJXw';

/** The PHC string to be kept instead of the password. */
export const hashPassword = (password: string): Promise<string> => hash(password, cost);

/** Whether it is the PHC string of an argon2id hash, as `isPassword` needs it. */
export const isPasswordHash = (text: string): boolean =>
  /^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/.test(text);

/**
 * Whether the password is the one behind `passwordHash`. Without a hash it is not, after the same work: the time of the
 * answer does not tell who is a customer.
 */
export async function isPassword(password: string, passwordHash: string | undefined): Promise<boolean> {
  const same = await verify(passwordHash ?? nobody, password);
  return same && passwordHash !== undefined;
}
