import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { until } from './until.js';

/** A mail as the server has it. */
export interface Received {
  messageId: string;
  from: string;
  to: string;
  subject: string;
  text: string;
  /** Whether it came over TLS. */
  secure: boolean;
}

/** What becomes of a mail that is there, and not answered yet; undefined: it is taken. */
export type Judgement = (mail: Received) => Promise<void> | void;

/** Refuses a mail, in the words of SMTP. */
export const refusal = (responseCode: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode });

/** A real SMTP server that keeps all that it has taken. */
export class Mailbox {
  readonly received: Received[] = [];
  /** Asked of each recipient, and of each mail. */
  recipient: ((address: string) => Promise<void> | void) | undefined;
  judge: Judgement | undefined;
  /** How long a mail may take it, in ms. */
  slownessMs = 0;
  private port = 0;
  private server: SMTPServer | undefined;

  constructor(
    private readonly login?: { user: string; pass: string },
    private readonly tls: { key?: string; cert?: string } = {},
  ) {}

  static async open(...given: ConstructorParameters<typeof Mailbox>): Promise<Mailbox> {
    const mailbox = new Mailbox(...given);
    await mailbox.start();
    return mailbox;
  }

  get url(): string {
    const login = this.login ? `${this.login.user}:${encodeURIComponent(this.login.pass)}@` : '';
    return `smtp://${login}127.0.0.1:${this.port}`;
  }

  /** At the port of before, if there was one. */
  async start(): Promise<void> {
    const { login } = this;
    const server = new SMTPServer({
      ...this.tls,
      ...(login ? { allowInsecureAuth: true } : { authOptional: true }),
      ...(this.tls.key === undefined && { disabledCommands: login ? ['STARTTLS'] : ['STARTTLS', 'AUTH'] }),
      closeTimeout: 10,
      onAuth: ({ username, password }, _session, done) =>
        username === login?.user && password === login?.pass
          ? done(null, { user: username })
          : done(new Error('who is that?')),
      onRcptTo: ({ address }, _session, done) => void this.ask(address).then(() => done(), done),
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          void this.take(mailOf(Buffer.concat(chunks).toString(), session)).then(() => done(), done);
        });
      },
    });
    server.on('error', () => undefined);
    server.listen(this.port, '127.0.0.1');
    await once(server.server, 'listening');
    this.port = (server.server.address() as AddressInfo).port;
    this.server = server;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server!.close(() => resolve()));
  }

  /** Waits until so many mails went to an address; answers them. */
  async mailsTo(address: string, count: number): Promise<Received[]> {
    const found = () => this.received.filter(({ to }) => to === address);
    await until(`${count} mails to ${address}`, () => (found().length >= count ? true : undefined));
    return found();
  }

  private async ask(address: string): Promise<void> {
    await this.recipient?.(address);
  }

  private async take(mail: Received): Promise<void> {
    await sleep(Math.random() * this.slownessMs);
    await this.judge?.(mail);
    this.received.push(mail);
  }
}

function mailOf(raw: string, { envelope, secure }: SMTPServerSession): Received {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const header = (name: string) =>
    new RegExp(`^${name}: (.*)$`, 'im').exec(head.replace(/\r\n\s+/g, ' '))?.[1]?.trim() ?? '';
  return {
    messageId: header('message-id'),
    from: header('from'),
    to: envelope.rcptTo.map(({ address }) => address).join(),
    subject: header('subject'),
    text: body.join('\r\n\r\n'),
    secure,
  };
}
