import { hash } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { keepOnce, readKept } from './kept-file.js';

/** The password that all sample customers share, and its hash, so that loading goes on as it began. */
export type SamplePassword = { password: string; passwordHash: string };

const fields = ['password', 'passwordHash'] as const;

/** Where the password of the sample customers is kept. */
export const samplePasswordFile = (dataDir: string): string => join(dataDir, 'sample.json');

/** A random password: letters, digits, dashes and underscores. */
export const randomPassword = (): string => randomBytes(18).toString('base64url');

/** An argon2id hash as PHC string, with the least cost that OWASP advises (19 MiB, two rounds). */
export const hashPassword = (password: string): Promise<string> =>
  hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });

/** The password of this installation's sample customers, made on the first call. @throws {SampleError} */
export const samplePassword = (dataDir: string): Promise<SamplePassword> =>
  keepOnce<SamplePassword>(samplePasswordFile(dataDir), fields, async () => {
    const password = randomPassword();
    return { password, passwordHash: await hashPassword(password) };
  });

/** The password if there is one yet. @throws {SampleError} when its file cannot be read. */
export const readSamplePassword = (dataDir: string): Promise<SamplePassword | undefined> =>
  readKept<SamplePassword>(samplePasswordFile(dataDir), fields);
