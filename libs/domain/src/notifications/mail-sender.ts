import { isDomainError } from 'nestjs-strangler/contract';
import { notifications, type MailNoted } from '#contracts';
import { InjectPort, type Port } from 'nestjs-strangler';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { MailServerToken, type MailServer } from './mail-server.js';
import type { MailRow } from './mail.entity.js';
import { leaseMs, Mails, mailsAtOnce } from './mails.js';

/** How often it is looked for mails, and for how long not after that has failed, in ms. */
const idleMs = 500;
const failedMs = 5_000;
/** Between two tries to say what came of a mail, in ms. */
const noteAgainMs = 1_000;

/**
 * Sends mails of keys that this side owns, in every process that has a mail server. Taking one, sending it and noting what came of it are three
 * steps: while it is sent nothing is held, and the note goes to whoever owns the key by then.
 */
@Injectable()
export class MailSender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(MailSender.name);
  private readonly stopping = new AbortController();
  private readonly inHand = new Set<Promise<void>>();
  private running: Promise<void> = Promise.resolve();
  private failure: string | undefined;

  constructor(
    private readonly mails: Mails,
    @Inject(MailServerToken) private readonly server: MailServer | undefined,
    @InjectPort(notifications) private readonly port: Port<typeof notifications>,
  ) {}

  onApplicationBootstrap(): void {
    if (this.server) this.running = this.sendUntilStopped(this.server);
  }

  /** Resolves when it is noted what came of each mail. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.inHand);
    this.server?.close();
  }

  private async sendUntilStopped(server: MailServer): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const pauseMs = await this.sendDue(server);
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      else await Promise.race(this.inHand);
    }
  }

  /** How long nothing is to be done then, in ms; 0: until one that is in hand is done. */
  private async sendDue(server: MailServer): Promise<number> {
    try {
      const due = await this.mails.takeDue(mailsAtOnce - this.inHand.size);
      for (const mail of due) this.hold(this.sendOne(server, mail));
      this.failure = undefined;
      return this.inHand.size === mailsAtOnce ? 0 : idleMs;
    } catch (error) {
      // Also while a key moves that was this side's when it was looked for.
      if (String(error) !== this.failure) this.logger.warn(`mails are not looked for: ${String(error)}`);
      this.failure = String(error);
      return failedMs;
    }
  }

  private hold(work: Promise<void>): void {
    const held = work.finally(() => this.inHand.delete(held));
    this.inHand.add(held);
  }

  private async sendOne(server: MailServer, { userId, id, tries, kind, ...mail }: MailRow): Promise<void> {
    const giveUpAt = performance.now() + leaseMs;
    const { outcome, why } = await server.send({ id, ...mail });
    if (why !== undefined)
      this.logger.warn({ msg: 'a mail was not sent', mail: id, kind, tries, outcome, why });
    await this.note({ userId, id, tries, outcome }, giveUpAt);
  }

  /** Its owner may be away, or moving. Behind the end of the lease somebody else may be at the mail, and nothing is won. */
  private async note(noted: MailNoted, giveUpAt: number): Promise<void> {
    const commandId = uuidv7();
    for (;;) {
      try {
        await this.port.noted(noted, { commandId });
        return;
      } catch (error) {
        const mayPass = isDomainError(error) && ['unavailable', 'outcome_unknown'].includes(error.code);
        if (!mayPass || performance.now() > giveUpAt || this.stopping.signal.aborted)
          return this.logger.error({
            msg: 'it could not be noted what came of a mail: it may be sent again, under its Message-ID',
            ...{ mail: noted.id, outcome: noted.outcome, error: String(error) },
          });
      }
      await sleep(noteAgainMs, undefined, { ref: false });
    }
  }
}
