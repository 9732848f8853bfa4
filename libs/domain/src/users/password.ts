import { ShedError, ValidationError } from 'nestjs-strangler/contract';
import { Admission } from 'nestjs-strangler';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { isCommon } from './common-passwords.js';

/** OWASP's parameters for argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane; about 30 ms. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hash of 32 random bytes that nobody has kept. */
const nobody =
  '$argon2id$v=19$m=19456,t=2,p=1$jxjjujjJTd6VwKsuujuo0A$EzSwFRxI0PDFHzR+5Kqf3lEeiNvesRb3nulwpguLJXw';

/**
 * At a time: libuv has four threads for hashes, for WebCrypto, for files and for names of hosts, so half of them stay free.
 * Waiting: what is done within half a second.
 */
const limits = { running: 2, waiting: 16, waitMs: 2_000 };

const refusal = () =>
  new ShedError('users', 'too many passwords are being checked just now: try again in a moment');

/** Whether it is the PHC string of an argon2id hash, as {@link Passwords} needs it. */
export const isPasswordHash = (text: string): boolean =>
  /^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/.test(text);

/** All work on passwords. It takes long, so it is never done inside a transaction, and never more than two at a time. */
@Injectable()
export class Passwords {
  private readonly admission = new Admission('password hashes', limits, refusal);

  /** The PHC string to be kept instead of the password. @throws {ValidationError} for one that is easily guessed. */
  async hash(password: string): Promise<string> {
    const problem = problemOf(password);
    if (problem) throw new ValidationError([problem]);
    return this.admission.run(() => hash(password, cost));
  }

  /**
   * Whether the password is the one behind `passwordHash`. Without a hash it is not, after the same work: the time of the
   * answer does not tell who is a customer.
   */
  async matches(password: string, passwordHash: string | undefined): Promise<boolean> {
    const same = await this.admission.run(() => verify(passwordHash ?? nobody, password));
    return same && passwordHash !== undefined;
  }
}

/** Why nobody should take this password (NIST SP 800-63B-4, section 3.1.1.2: a list, and no rules of composition). */
function problemOf(password: string): string | undefined {
  if (password.trim() === '') return 'password must not be blank';
  return isCommon(password) ? 'password is one of the most common ones: choose another' : undefined;
}
