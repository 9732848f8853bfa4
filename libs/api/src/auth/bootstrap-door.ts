import { RateLimiterMemory } from 'rate-limiter-flexible';
import { createHash, timingSafeEqual } from 'node:crypto';
import { refusal } from '../errors/problems.js';
import type { Principal, SignedRequest } from './principal.js';
import type { Sessions } from './sessions.js';

/** The admin that the operator has set up for this process, known without the users module; `undefined`: there is none. */
export type BootstrapAdmin = () => Promise<{ id: string; email: string; password: string } | undefined>;

/** Wrong passwords a minute. */
const tries = { points: 10, duration: 60 };

/** They are counted together: the listener is on loopback, and one wrong minute is soon over. */
const everyone = 'bootstrap';

/**
 * The way in while the users module cannot be asked, and so nobody can log in: the bootstrap admin's e-mail and password
 * themselves (HTTP Basic), on the admin listener alone. Without it, a users service that is dead could not be rolled back.
 */
export class BootstrapDoor {
  private readonly failures = new RateLimiterMemory(tries);

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
    if ((await this.failures.get(everyone))?.remainingPoints === 0) throw this.tooMany();
    const given = Buffer.from(encoded, 'base64').toString();
    if (same(given, `${admin.email}:${admin.password}`)) {
      return { id: admin.id, role: 'admin', email: admin.email, unasked: true };
    }
    await this.failures.penalty(everyone);
    throw refusal('unauthenticated', 'this is not the e-mail and password of the bootstrap admin');
  }

  private tooMany(): Error {
    return refusal('rate_limited', 'too many wrong passwords: try again in a minute', {
      retryAfterSeconds: tries.duration,
    });
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
