import { Logger } from '@nestjs/common';
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where and how to connect; asked at every attempt, since a server may be started for it. */
export type LinkOptions = () => Promise<ConnectionOptions>;

/** Defaults of the client wait minutes before they notice a dead server; ours notice within seconds, and never give up. */
const patience: ConnectionOptions = {
  pingInterval: 1_500,
  maxPingOut: 2,
  maxReconnectAttempts: -1,
  // A server that was started with other credentials by mistake is started again.
  ignoreAuthErrorAbort: true,
  reconnectTimeWait: 200,
  timeout: 2_000,
  ignoreClusterUpdates: true,
};

/** This process's one connection to NATS. It is made when it is first needed, and again for ever when it is lost. */
export class NatsLink {
  private readonly logger = new Logger(NatsLink.name);
  private readonly events = new EventEmitter().setMaxListeners(0);
  private connection: NatsConnection | undefined;
  private up = false;
  private state: 'idle' | 'started' | 'closed' = 'idle';

  constructor(private readonly options: LinkOptions) {}

  /** The connection while it works; `undefined` while there is none. Nothing is buffered for a lost one. */
  get current(): NatsConnection | undefined {
    return this.up ? this.connection : undefined;
  }

  /** Begins to connect, in the background; does nothing the second time. */
  start(): void {
    if (this.state !== 'idle') return;
    this.state = 'started';
    void this.connectUntilClosed();
  }

  /** The connection, begun if need be and waited for up to `patienceMs`; `undefined` when it is not there by then. */
  async connected(patienceMs: number): Promise<NatsConnection | undefined> {
    this.start();
    if (!this.current) {
      const signal = AbortSignal.timeout(patienceMs);
      await once(this.events, 'up', { signal }).catch(() => undefined);
    }
    return this.current;
  }

  /** Calls `listener` with the connection now or when it is first made. Subscriptions survive its losses. */
  onConnection(listener: (connection: NatsConnection) => void): void {
    if (this.connection) listener(this.connection);
    else this.events.once('connection', listener);
  }

  /** Calls `listener` each time the connection is there (again). */
  onUp(listener: () => void): void {
    this.events.on('up', listener);
  }

  /** Calls `listener` each time the connection is lost: answers under way will not arrive. */
  onDown(listener: () => void): void {
    this.events.on('down', listener);
  }

  async close(): Promise<void> {
    this.state = 'closed';
    this.set(false);
    if (!this.connection?.isClosed()) await this.connection?.close();
  }

  private async connectUntilClosed(): Promise<void> {
    for (let told = false; this.state === 'started'; await sleep(500)) {
      try {
        const connection = await connect({ ...patience, ...(await this.options()) });
        if ((this.state as string) === 'closed') return await connection.close();
        return this.adopt(connection);
      } catch (error) {
        if (!told) this.logger.warn(`no connection to NATS yet: ${String(error)}`);
        told = true;
      }
    }
  }

  private adopt(connection: NatsConnection): void {
    this.connection = connection;
    void this.watch(connection);
    this.events.emit('connection', connection);
    this.set(true);
  }

  private async watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.set(false);
      if (status.type === 'reconnect') this.set(true);
    }
  }

  private set(up: boolean): void {
    if (up === this.up) return;
    this.up = up;
    if (this.state !== 'closed') this.logger.log(up ? 'connected to NATS' : 'connection to NATS lost');
    this.events.emit(up ? 'up' : 'down');
  }
}
