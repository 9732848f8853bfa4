import type { Socket } from 'node:net';
import { EmbeddedError, reasonOf } from './embedded-error.js';
import { findKeeper } from './find-keeper.js';
import type { NatsUser } from './nats/user.js';
import { pending, type Pending } from './pending.js';
import { send, type Need, type Reply } from './wire.js';

const MAX_GOODBYES = 3;

/**
 * One connection to the keeper. When the keeper dies, the lease finds or starts the next one and asks it for the same
 * servers, so that they are never without a keeper while somebody uses them.
 */
export class KeeperLease {
  private readonly needs = new Map<Need, Pending<string>>();
  private socket: Socket | undefined;
  private connecting: Promise<void> | undefined;
  private released: Promise<void> | undefined;
  private farewell = false;

  constructor(
    private readonly folder: string,
    private readonly tell: (line: string) => void,
    private readonly users: readonly NatsUser[],
  ) {}

  connect(): Promise<void> {
    this.connecting ??= this.reach().finally(() => (this.connecting = undefined));
    return this.connecting;
  }

  async need(server: Need): Promise<string> {
    if (this.released) throw new EmbeddedError('the embedded servers have been released by this process');
    const known = this.needs.get(server);
    if (known) return known.promise;
    const need = pending<string>();
    this.needs.set(server, need);
    if (this.socket) this.ask(server);
    else await this.connect().catch((error: unknown) => this.giveUp(error));
    return need.promise;
  }

  release(): Promise<void> {
    this.released ??= this.leave();
    return this.released;
  }

  private async reach(): Promise<void> {
    let socket: Socket;
    do socket = await findKeeper(this.folder, (reply) => this.hear(reply));
    while (socket.destroyed);
    this.socket = socket.once('close', () => this.lost());
    for (const server of this.needs.keys()) this.ask(server);
    this.holdWhileWaiting();
  }

  private lost(): void {
    this.socket = undefined;
    if (this.released) return;
    this.connect().catch((error: unknown) => {
      this.giveUp(error);
      this.tell(reasonOf(error));
    });
  }

  /** A server that died with its keeper should come back under the address that we use already. */
  private ask(server: Need): void {
    const url = this.needs.get(server)?.value;
    const known = url ? { port: Number(new URL(url).port) } : {};
    const whom = server.startsWith('nats') ? { users: this.users } : {};
    void send(this.socket!, { need: server, ...known, ...whom });
    this.holdWhileWaiting();
  }

  private hear(reply: Reply): void {
    if ('farewell' in reply) this.farewell = true;
    if ('progress' in reply) this.tell(reply.progress);
    if ('ready' in reply) this.settle(reply.ready, reply.url);
    if ('failed' in reply) this.fail(reply.failed, new EmbeddedError(reply.reason));
    this.holdWhileWaiting();
  }

  private settle(server: Need, url: string): void {
    const need = this.needs.get(server);
    if (need?.value && need.value !== url) {
      this.tell(`the embedded ${server} has come back under another address: restart this process`);
    }
    need?.resolve(url);
  }

  private fail(server: Need, error: unknown): void {
    const need = this.needs.get(server);
    if (!need || need.value) return; // it has been there before; the keeper goes on trying to bring it back
    this.needs.delete(server);
    need.reject(error);
  }

  private giveUp(error: unknown): void {
    for (const server of [...this.needs.keys()]) this.fail(server, error);
  }

  /** The connection keeps the process alive only while it waits for an answer: a script may just end. */
  private holdWhileWaiting(): void {
    const waiting = this.released || [...this.needs.values()].some((need) => !need.value);
    if (waiting) this.socket?.ref();
    else this.socket?.unref();
  }

  private async leave(): Promise<void> {
    this.giveUp(new EmbeddedError('released before the embedded server was ready'));
    for (let tries = 0; !this.farewell && tries < MAX_GOODBYES; tries++) await this.sayGoodbye();
  }

  /** If the keeper was killed, its successor must hear of our going: it stops the servers that were left behind. */
  private async sayGoodbye(): Promise<void> {
    if (!this.socket) await this.connect().catch(() => undefined);
    const socket = this.socket?.ref();
    if (!socket) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    void send(socket, { goodbye: true });
    await closed; // at once, or if we were the last, when the keeper has exited
  }
}
