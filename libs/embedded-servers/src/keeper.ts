import { createServer, type Socket } from 'node:net';
import { checkAddress, claimAddress, newAddress, releaseAddress } from './claim-address.js';
import { unusable } from './data-folder.js';
import { EmbeddedError } from './embedded-error.js';
import { NatsServer } from './nats/nats-server.js';
import { PostgresServer } from './postgres/postgres-server.js';
import { SupervisedServer, type ServerKind } from './supervised-server.js';
import {
  ofAnotherRelease,
  onMessages,
  protocol,
  send,
  type Need,
  type Reply,
  type Request,
  type ServerName,
} from './wire.js';

// The process that owns the embedded servers. Each application process holds a connection open; when the last
// one closes (the kernel closes those of killed processes), the servers are stopped and the keeper exits.
//
// Closing is final, so that no server is stopped and started at once: who comes while we close is hung up on and
// comes again until we have gone. The address is given back only after the servers have stopped, so a successor never
// meets a server of ours on its way out. If we are killed instead, the successor adopts what we leave.
const FIRST_VISIT_MS = 10_000;

class Keeper {
  readonly listener = createServer((socket) => this.receive(socket));
  private readonly sessions = new Set<Socket>();
  private readonly servers: Record<ServerName, SupervisedServer>;
  private readonly nats: NatsServer;
  private readonly address = newAddress();
  private inUse = false;
  private closing = false;
  private last: Socket | undefined;

  constructor(private readonly folder: string) {
    const supervise = (kind: ServerKind): SupervisedServer =>
      new SupervisedServer(
        kind,
        (line) => this.tell(line),
        () => checkAddress(folder, this.address),
      );
    this.nats = new NatsServer(folder);
    this.servers = {
      postgres: supervise(new PostgresServer(folder)),
      nats: supervise(this.nats),
    };
  }

  async run(): Promise<void> {
    if (!(await claimAddress(this.listener, this.address))) process.exit(0); // another keeper lives
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.close());
    // Whoever started us may have been killed before it could come.
    setTimeout(() => this.use(), FIRST_VISIT_MS).unref();
  }

  /**
   * Before the first request nobody has come yet who could be the last to go: a competing keeper that only looks
   * whether somebody answers must not make us close under the client that is on its way.
   */
  private use(): void {
    this.inUse = true;
    this.closeIfAlone();
  }

  private receive(socket: Socket): void {
    socket.on('error', () => undefined); // 'close' follows
    if (this.closing) return void socket.destroy();
    this.sessions.add(socket);
    socket.once('close', () => this.leave(socket));
    onMessages<Request>(socket, (request) => {
      this.use();
      if ('need' in request) void this.serve(socket, request);
      if ('goodbye' in request) this.leave(socket);
    });
    void send(socket, { welcome: process.pid, protocol });
  }

  private async serve(
    socket: Socket,
    { need: name, port, users = [] }: Extract<Request, { need: Need }>,
  ): Promise<void> {
    let reply: Reply;
    try {
      this.nats.allow(users);
      reply = { ready: name, url: await this.urlOf(name, port) };
    } catch (error) {
      reply = { failed: name, reason: this.sentenceFor(error) };
    }
    await send(socket, reply);
  }

  private async urlOf(need: Need, port: number | undefined): Promise<string> {
    const [server, user] = need.split('/') as [ServerName, string?];
    // The release before asked us for databases of PostgreSQL, too.
    if (server === 'postgres' && user !== undefined) throw new EmbeddedError(ofAnotherRelease(this.folder));
    const url = await this.servers[server].need(port);
    return user === undefined ? url : this.nats.urlFor(user);
  }

  private sentenceFor(error: unknown): string {
    if (error instanceof EmbeddedError) return error.message;
    console.error(error);
    return unusable(this.folder, error).message;
  }

  /** The last one's goodbye is answered when the servers have stopped; its connection closes when we exit. */
  private leave(socket: Socket): void {
    if (!this.sessions.delete(socket)) return; // its goodbye came before
    this.closeIfAlone();
    if (this.closing) this.last ??= socket;
    else void send(socket, { farewell: true }).then(() => socket.end());
  }

  private closeIfAlone(): void {
    if (this.inUse && this.sessions.size === 0) void this.close();
  }

  private async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    const stopped = await Promise.allSettled(Object.values(this.servers).map((server) => server.stop()));
    for (const one of stopped) if (one.status === 'rejected') console.error(one.reason);
    await releaseAddress(this.address);
    if (this.last) await send(this.last, { farewell: true });
    process.exit(0);
  }

  private tell(line: string): void {
    console.log(`${new Date().toISOString()} ${line}`);
    for (const socket of this.sessions) void send(socket, { progress: line });
  }
}

const folder = process.argv[2]!;
process.chdir(folder); // the address is relative to it, which keeps the socket's path short
await new Keeper(folder).run();
