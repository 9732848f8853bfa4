import { isDomainError } from 'nestjs-strangler/contract';
import { type Session } from '#contracts';
import { withContext } from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import type { UsersPort } from '../ports.js';
import type { Knowledge, SessionClaims } from './session-rule.js';

/** All in ms. */
interface Patience {
  /** How long an answer about a customer counts. Those with a role are asked about at every call. */
  maxAgeMs: number;
  /** How long an answer is waited for. */
  answerMs: number;
  /** How long nobody is asked after the users could not be, several times in a row. */
  awayMs: number;
}

/** One slow answer is not yet an outage, which would concern everybody. */
const failuresOfAnOutage = 3;

/** Most sessions that are remembered; the oldest is forgotten first. */
const mostKept = 10_000;

interface Kept {
  readonly session: Session | 'gone';
  readonly at: number;
}

/** A question that is on its way; resolves to whether the users answered. */
interface Question {
  answered: Promise<boolean>;
}

/** What the users module says of the sessions of those who come, through its port, kept for a while. */
export class Sessions {
  private readonly logger = new Logger(Sessions.name);
  private readonly kept = new Map<string, Kept>();
  private readonly asking = new Map<string, Question>();
  private awayUntil = -Infinity;
  private failures = 0;

  constructor(
    private readonly users: UsersPort,
    private readonly patience: Patience = { maxAgeMs: 5_000, answerMs: 500, awayMs: 2_000 },
  ) {}

  /** What is known of the session of a token, no older than its role allows unless the users cannot be asked. */
  async of(claims: SessionClaims): Promise<Knowledge> {
    const { id, role, version } = claims;
    const remembered = this.remembered(claims);
    if (remembered) return remembered;
    let asked = await this.ask(id, role !== 'user');
    const known = this.kept.get(id);
    // It was asked before the token was made, by somebody else.
    if (asked && known && isBehind(known, version)) asked = await this.askAnew(id, role !== 'user');
    return { asked, session: this.kept.get(id)?.session };
  }

  /** The same where nobody has to be asked. */
  remembered({ id, role, version }: SessionClaims): Knowledge | undefined {
    const kept = this.kept.get(id);
    return kept && role === 'user' && this.isRecent(kept) && !isBehind(kept, version)
      ? { asked: true, session: kept.session }
      : undefined;
  }

  /** Whether the users module answers now. `forOperator`: whose calls are no customers'. @throws nothing. */
  ask(id: string, forOperator: boolean): Promise<boolean> {
    if (performance.now() < this.awayUntil) return Promise.resolve(false);
    return this.asking.get(id)?.answered ?? this.askAnew(id, forOperator);
  }

  /** What was changed here is not to be taken from memory, nor from an answer that is on its way. */
  forget(id: string): void {
    this.kept.delete(id);
    this.asking.delete(id);
  }

  private askAnew(id: string, forOperator: boolean): Promise<boolean> {
    const question: Question = { answered: Promise.resolve(false) };
    this.asking.set(id, question);
    const isLatest = () => this.asking.get(id) === question;
    question.answered = this.askNow(id, forOperator, isLatest).finally(() => {
      if (isLatest()) this.asking.delete(id);
    });
    return question.answered;
  }

  private isRecent = ({ at }: Kept): boolean => performance.now() - at < this.patience.maxAgeMs;

  private async askNow(id: string, forOperator: boolean, isLatest: () => boolean): Promise<boolean> {
    try {
      const session = await this.inTime(id, forOperator).catch(unlessGone);
      if (isLatest()) this.keep(id, session);
      this.failures = 0;
      return true;
    } catch (error) {
      if (++this.failures >= failuresOfAnOutage) this.awayUntil = performance.now() + this.patience.awayMs;
      this.logger.warn({
        msg: 'the users cannot be asked: what was known last counts',
        error: String(error),
      });
      return false;
    }
  }

  /** Nobody's own question: it has no part in the answer's `X-Served-By`, and waits less long than the caller. */
  private async inTime(id: string, forOperator: boolean): Promise<Session> {
    const { answerMs } = this.patience;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${answerMs} ms`)), answerMs);
    });
    const deadline = performance.now() + answerMs;
    const context = { requestId: 'session', servedBy: new Map(), deadline, forOperator };
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

function unlessGone(error: unknown): 'gone' {
  if (isDomainError(error) && error.code === 'not_found') return 'gone';
  throw error;
}
