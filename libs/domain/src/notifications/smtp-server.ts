import type { MailServerSettings } from '#platform';
import { createTransport } from 'nodemailer';
import { longestSendMs, mailsAtOnce } from './mails.js';
import type { Mail, MailServer, Sent } from './mail-server.js';

/** How long it is waited for a connection, its greeting, and a word on it, in ms. */
const silenceMs = 15_000;

/** Hands mails to an SMTP server. */
export class SmtpServer implements MailServer {
  private readonly transport;
  private readonly domain: string;

  /** @param longestMs one try may take */
  constructor(
    private readonly settings: MailServerSettings,
    private readonly longestMs = longestSendMs,
  ) {
    const { from, ...server } = settings;
    this.domain = from.slice(from.lastIndexOf('@') + 1).replace(/>$/, '');
    this.transport = createTransport({
      ...server,
      ...{ pool: true, maxConnections: mailsAtOnce },
      ...{ dnsTimeout: silenceMs, connectionTimeout: silenceMs, greetingTimeout: silenceMs },
      socketTimeout: silenceMs,
      // Nothing of a mail is a file or an address to be fetched.
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
  }

  async send({ id, recipient, subject, body }: Mail): Promise<Sent> {
    const mail = { from: this.settings.from, to: recipient, subject, text: body };
    // It takes the mail out of the queue, or ends the connection: what is tried again must not be sent behind our back.
    const late = AbortSignal.timeout(this.longestMs);
    try {
      await this.transport.sendMail({ ...mail, messageId: `<${id}@${this.domain}>`, signal: late });
      return { outcome: 'sent' };
    } catch (error) {
      return late.aborted ? { outcome: 'later', why: 'no answer in time' } : outcomeOf(error as SmtpError);
    }
  }

  close(): void {
    this.transport.close();
  }
}

interface SmtpError {
  /** Of nodemailer, or of the system. */
  code?: string;
  /** What was said when it went wrong. */
  command?: string;
  /** The server's. */
  responseCode?: number;
}

/**
 * Only a server that refuses this recipient, or this text, refuses the mail; one that lets us not in, or does not like the sender, is to be
 * mended. The words of its answer are left out: they often name the recipient.
 */
function outcomeOf({ code = 'unknown', command, responseCode = 0 }: SmtpError): Sent {
  const ofMail = command === 'RCPT TO' || command === 'DATA';
  const why = [command, responseCode || code].filter((word) => word !== undefined).join(' ');
  return { outcome: ofMail && responseCode >= 500 ? 'refused' : 'later', why };
}
