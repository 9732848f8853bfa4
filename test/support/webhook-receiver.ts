import { Webhook } from 'standardwebhooks';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { WebhookMessage } from '#strangler/control/webhooks/webhook-message';
import { closing, listening } from './http-server.js';
import { until } from './until.js';

/** For tests: nobody else has it. */
export const webhookSecret = `whsec_${Buffer.from('a secret of tests, 32 bytes long').toString('base64')}`;

/** A call, whose signature the reference library has found good. */
export interface ReceivedCall extends WebhookMessage {
  id: string;
  path: string;
}

/** How a call is answered: with a status, and perhaps headers. */
export interface ReceiverAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** It goes on and on. */
  endless?: true;
}

/** A receiver of webhooks, as somebody writes one with the library of Standard Webhooks. What is not signed by our secret is not received. */
export class WebhookReceiver {
  readonly received: ReceivedCall[] = [];
  /** The same as they came. */
  readonly raw: { timestamp: string; signature: string; body: string }[] = [];
  /** Of calls that were refused for their signature. */
  readonly forged: string[] = [];
  /** How each is answered; `undefined`: never. */
  judge: (call: ReceivedCall) => Promise<ReceiverAnswer | undefined> | ReceiverAnswer | undefined = () => ({
    status: 204,
  });
  private server: Server;
  private port = 0;

  private constructor(private readonly secret: string) {
    this.server = this.make();
  }

  static async open(secret = webhookSecret): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(secret);
    receiver.port = await listening(receiver.server);
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** Of the entries that it was called with, in this order. */
  get entries(): number[] {
    return this.received.map(({ data }) => data.id);
  }

  /** @throws when there are not so many calls in time */
  calls(count: number): Promise<ReceivedCall[]> {
    return until(`${count} calls`, () => (this.received.length >= count ? this.received : undefined));
  }

  /** Nobody listens there any more. */
  async close(): Promise<void> {
    await closing(this.server);
  }

  /** It does again, at the same port. */
  async reopen(): Promise<void> {
    this.server = this.make();
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }

  private make(): Server {
    return createServer((request, response) => {
      void (async () => {
        const call = this.verified(request, await textOf(request));
        const answer = call ? await this.judge(call) : { status: 401 };
        if (!answer) return;
        response.writeHead(answer.status, answer.headers ?? {});
        if (answer.endless) response.write('and so on');
        else response.end(answer.body);
      })();
    });
  }

  private verified({ headers, url = '' }: IncomingMessage, body: string): ReceivedCall | undefined {
    const sent = headers as Record<string, string>;
    try {
      const message = new Webhook(this.secret).verify(body, sent) as WebhookMessage;
      const call = { ...message, id: sent['webhook-id']!, path: url };
      this.received.push(call);
      this.raw.push({ timestamp: sent['webhook-timestamp']!, signature: sent['webhook-signature']!, body });
      return call;
    } catch (error) {
      this.forged.push(String(error));
      return undefined;
    }
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
