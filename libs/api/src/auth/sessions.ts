import { isDomainError, type Session } from '#contracts';
import { withContext } from '#strangler';
import { Logger } from '@nestjs/common';
import type { UsersPort } from '../ports.js';
import type { Knowledge, SessionClaims } from './session-rule.js';

/** All in ms. */
interface Patience {
  /** How long an answer about a customer counts. Those with a role are asked about at every call. */
  maxAgeMs: number;
  /** How long an answer is waited for. */
  answerMs: number;
  /** How long nobody is asked after the users could not be. */
  awayMs: number;
}

/** Most sessions that are remembered; the oldest is forgotten first. */
const mostKept = 10_000;

interface Kept {
  readonly session: Session | 'gone';
  readonly at: number;
}

/** What the users module says of the sessions of those who come, through its port, kept for a while. */
export class Sessions {
  private readonly logger = new Logger(Sessions.name);
  private readonly kept = new Map<string, Kept>();
  private readonly asking = new Map<string, Promise<boolean>>();
  private awayUntil = -Infinity;

  constructor(
    private readonly users: UsersPort,
    private readonly patience: Patience = { maxAgeMs: 5_000, answerMs: 500, awayMs: 2_000 },
  ) {}

  /** What is known of the session of a token, no older than its role allows unless the users cannot be asked. */
  async of({ id, role, version }: SessionClaims): Promise<Knowledge> {
    const kept = this.kept.get(id);
    if (kept && role === 'user' && this.isRecent(kept) && !isBehind(kept, version)) {
      return { asked: true, session: kept.session };
    }
    const asked = await this.ask(id);
    return { asked, session: this.kept.get(id)?.session };
  }

  /** Whether the users module answers now. @throws nothing. */
  ask(id: string): Promise<boolean> {
    if (performance.now() < this.awayUntil) return Promise.resolve(false);
    let asking = this.asking.get(id);
    if (!asking) {
      asking = this.askNow(id).finally(() => this.asking.delete(id));
      this.asking.set(id, asking);
    }
    return asking;
  }

  /** What was changed here is not to be taken from memory. */
  forget(id: string): void {
    this.kept.delete(id);
  }

  private isRecent = ({ at }: Kept): boolean => performance.now() - at < this.patience.maxAgeMs;

  private async askNow(id: string): Promise<boolean> {
    try {
      this.keep(id, await this.inTime(id));
      return true;
    } catch (error) {
      if (isDomainError(error) && error.code === 'not_found') {
        this.keep(id, 'gone');
        return true;
      }
      this.awayUntil = performance.now() + this.patience.awayMs;
      this.logger.warn({
        msg: 'the users cannot be asked: what was known last counts',
        error: String(error),
      });
      return false;
    }
  }

  /** Nobody's own question: it has no part in the answer's `X-Served-By`, and waits less long than the caller. */
  private async inTime(id: string): Promise<Session> {
    const { answerMs } = this.patience;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${answerMs} ms`)), answerMs);
    });
    const context = { requestId: 'session', servedBy: new Map(), deadline: Date.now() + answerMs };
    // Async, so that what throws at once is heard by the race, beside which `late` is never left unheard.
    const answer = withContext(context, async () => this.users.getSession({ id }));
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  private keep(id: string, session: Session | 'gone'): void {
    this.kept.delete(id);
    this.kept.set(id, { session, at: performance.now() });
    if (this.kept.size > mostKept) this.kept.delete(this.kept.keys().next().value as string);
  }
}

/** Whether the token was made after the last look. */
const isBehind = ({ session }: Kept, version: number): boolean =>
  session !== 'gone' && session.version < version;
