import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * NATS for a test.
 *
 * @example
 * ```ts
 * const nats: NatsInProcess = await natsInProcess();
 * ```
 */
export interface NatsInProcess {
  readonly url: string;
  /** Ends it, with all its connections. */
  close(): Promise<void>;
}

/** What a connection has subscribed to. */
interface Subscription {
  readonly sid: string;
  readonly pattern: readonly string[];
  readonly queue: string | undefined;
  /** How many more messages it takes. */
  left: number;
}

/** A message on its way; with headers, these are its first bytes. */
interface Message {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly headerBytes: number | undefined;
  readonly body: Buffer;
}

const info = {
  ...{ server_id: 'in-process', server_name: 'in-process', version: '2.14.0', proto: 1 },
  ...{ headers: true, max_payload: 1_048_576 },
};
const noResponders = Buffer.from('NATS/1.0 503\r\n\r\n');
const lineEnd = '\r\n';

/**
 * As much of a NATS server as the toolkit speaks to: subjects with wildcards, queue groups, headers, "no responders". It listens on this
 * machine alone, asks for no password, and keeps nothing. For tests that need no real one.
 *
 * @example
 * ```ts
 * const nats = await natsInProcess();
 * const service = await startService(OrdersModule, { contracts, database: url, nats: nats.url });
 * await service.close();
 * await nats.close();
 * ```
 */
export async function natsInProcess(): Promise<NatsInProcess> {
  const clients = new Set<Client>();
  const server = createServer((socket) => {
    const client = new Client(socket, (message) => publish(clients, client, message));
    clients.add(client);
    socket.once('close', () => clients.delete(client));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const client of clients) client.end();
      await closed;
    },
  };
}

/** Everybody who listens gets it, of each queue group one; where nobody does, who asks is told so. */
function publish(clients: ReadonlySet<Client>, from: Client, message: Message): void {
  const subject = message.subject.split('.');
  const found = [...clients].flatMap((client) =>
    client.listening(subject).map((subscription) => ({ client, subscription })),
  );
  const groups = new Map<string, typeof found>();
  for (const each of found) {
    const { queue } = each.subscription;
    if (queue === undefined) each.client.deliver(each.subscription, message);
    else groups.set(queue, [...(groups.get(queue) ?? []), each]);
  }
  for (const members of groups.values()) {
    const { client, subscription } = members[Math.floor(Math.random() * members.length)]!;
    client.deliver(subscription, message);
  }
  if (found.length === 0 && message.reply !== undefined) from.tellNobodyListens(message.reply);
}

/** One connection, as the server has it. */
class Client {
  private readonly subscriptions = new Map<string, Subscription>();
  private received: Buffer = Buffer.alloc(0);
  /** Of a message whose bytes are still to come. */
  private awaited: { words: string[]; bytes: number } | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly publish: (message: Message) => void,
  ) {
    socket.setNoDelay();
    // Who is gone does not read any more.
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      this.received = Buffer.concat([this.received, bytes]);
      while (this.takeOne());
    });
    this.write(`INFO ${JSON.stringify(info)}${lineEnd}`);
  }

  listening(subject: readonly string[]): Subscription[] {
    return [...this.subscriptions.values()].filter(({ pattern }) => matches(pattern, subject));
  }

  deliver(subscription: Subscription, { subject, reply, headerBytes, body }: Message): void {
    const sizes = headerBytes === undefined ? [body.length] : [headerBytes, body.length];
    const words = [subject, subscription.sid, ...(reply === undefined ? [] : [reply]), ...sizes];
    this.write(`${headerBytes === undefined ? 'MSG' : 'HMSG'} ${words.join(' ')}${lineEnd}`);
    this.write(body);
    this.write(lineEnd);
    subscription.left -= 1;
    if (subscription.left === 0) this.subscriptions.delete(subscription.sid);
  }

  tellNobodyListens(reply: string): void {
    const told = { reply: undefined, headerBytes: noResponders.length, body: noResponders };
    for (const subscription of this.listening(reply.split('.')))
      this.deliver(subscription, { subject: reply, ...told });
  }

  end(): void {
    this.socket.destroy();
  }

  private write(bytes: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** Takes one line, or the bytes that one has announced. Answers whether there was one. */
  private takeOne(): boolean {
    const { awaited } = this;
    if (awaited) {
      if (this.received.length < awaited.bytes + lineEnd.length) return false;
      this.awaited = undefined;
      this.takeMessage(awaited.words, this.take(awaited.bytes));
      return true;
    }
    const end = this.received.indexOf(lineEnd);
    if (end < 0) return false;
    this.takeLine(this.take(end).toString());
    return true;
  }

  /** The first bytes that came, without the line's end behind them. */
  private take(length: number): Buffer {
    const taken = this.received.subarray(0, length);
    this.received = this.received.subarray(length + lineEnd.length);
    return taken;
  }

  private takeLine(line: string): void {
    const [verb = '', ...words] = line.split(/\s+/);
    switch (verb.toUpperCase()) {
      case 'PING':
        return this.write(`PONG${lineEnd}`);
      case 'SUB':
        return this.subscribe(words);
      case 'UNSUB':
        return this.unsubscribe(words);
      case 'PUB':
      case 'HPUB':
        this.awaited = { words: [verb.toUpperCase(), ...words], bytes: Number(words.at(-1)) };
    }
  }

  private subscribe(words: string[]): void {
    const [sid, subject] = [words.at(-1)!, words[0]!];
    const queue = words.length === 3 ? words[1] : undefined;
    this.subscriptions.set(sid, { sid, pattern: subject.split('.'), queue, left: Infinity });
  }

  private unsubscribe([sid = '', most]: string[]): void {
    const subscription = this.subscriptions.get(sid);
    if (subscription && most !== undefined) subscription.left = Number(most);
    else this.subscriptions.delete(sid);
  }

  private takeMessage([verb, subject = '', ...words]: string[], body: Buffer): void {
    const sizes = verb === 'HPUB' ? 2 : 1;
    const reply = words.length > sizes ? words[0] : undefined;
    const headerBytes = verb === 'HPUB' ? Number(words.at(-2)) : undefined;
    this.publish({ subject, reply, headerBytes, body });
  }
}

/** Whether a subject is one of those that a pattern means: `*` is one word, `>` all that follow. */
function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  const open = pattern.at(-1) === '>';
  if (open ? subject.length < pattern.length : subject.length !== pattern.length) return false;
  return pattern.every((word, i) => word === '>' || word === '*' || word === subject[i]);
}
