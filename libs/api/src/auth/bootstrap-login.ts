import { RateLimiterMemory } from 'rate-limiter-flexible';
import { createHash, timingSafeEqual } from 'node:crypto';
import { refusal } from '../errors/problems.js';
import type { Principal, SignedRequest } from './principal.js';
import type { Sessions } from './sessions.js';

/** The admin that the operator has set up for this process, known without the users module; `undefined`: there is none. */
export type BootstrapAdmin = () => Promise<{ id: string; email: string; password: string } | undefined>;

/** Wrong passwords a minute: different ones, for a program that has not heard of a new password guesses at nothing. */
const tries = { points: 10, duration: 60 };

const mostRemembered = 1_000;

/** They are counted together: the listener is on loopback, and one wrong minute is soon over. */
const everyone = 'bootstrap';

/**
 * The way in while the users module cannot be asked, and so nobody can log in: the bootstrap admin's e-mail and password
 * themselves (HTTP Basic), on the admin listener alone. Without it, a users service that is dead could not be rolled back.
 */
export class BootstrapLogin {
  private readonly failures = new RateLimiterMemory(tries);
  /** Hashes of what was wrong. */
  private readonly wrong = new Set<string>();

  constructor(
    private readonly sessions: Sessions | undefined,
    private readonly admin: BootstrapAdmin | undefined,
  ) {}

  /** Who asks by HTTP Basic; `undefined`: the request says who asks in another way. @throws `unauthenticated`. */
  async open({ headers }: SignedRequest): Promise<Principal | undefined> {
    const encoded = /^Basic ([\w+/]+=*)$/i.exec(headers.authorization ?? '')?.[1];
    if (!encoded) return undefined;
    const admin = await this.admin?.();
    if (!this.sessions || !admin || (await this.sessions.ask(admin.id, true))) {
      throw refusal('unauthenticated', 'log in and send the token: POST /api/v1/auth/token of the shop');
    }
    const given = digest(Buffer.from(encoded, 'base64').toString());
    const right = timingSafeEqual(given, digest(`${admin.email}:${admin.password}`));
    if (right || !this.wrong.has(given.toString('hex'))) await this.count();
    if (right) {
      await this.failures.reward(everyone);
      return { id: admin.id, role: 'admin', session: 0, email: admin.email, unasked: true };
    }
    this.remember(given.toString('hex'));
    throw refusal('unauthenticated', 'this is not the e-mail and password of the bootstrap admin');
  }

  /** Before anybody hears whether it was right: of many at once no more hear it than of as many in turn. */
  private count(): Promise<unknown> {
    return this.failures.consume(everyone).catch(() => Promise.reject(this.tooMany()));
  }

  private remember(wrong: string): void {
    this.wrong.add(wrong);
    const [oldest] = this.wrong;
    if (oldest !== undefined && this.wrong.size > mostRemembered) this.wrong.delete(oldest);
  }

  private tooMany(): Error {
    return refusal('rate_limited', 'too many wrong passwords: try again in a minute', {
      retryAfterSeconds: tries.duration,
    });
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
