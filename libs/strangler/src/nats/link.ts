import { Logger } from '@nestjs/common';
import {
  connect,
  PermissionViolationError,
  type ConnectionOptions,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallerKeys } from './callers/caller-keys.js';
import { knownHoles } from './known-holes.js';
import { Subjects } from './subjects.js';

/** Where and how to connect; asked at every attempt, since a server may be started for it. */
export type LinkOptions = () => Promise<ConnectionOptions>;

/** Between two attempts for a first connection, in ms: doubled with each. */
const backoffMs = { least: 500, most: 5_000 };

/** Subjects of which it is said that NATS refuses them: of more nobody reads. */
const mostRefusals = 100;

/** For whom a connection is made, and what that costs. */
export interface LinkHow {
  /** To connect means to start a server, so a mere look must not. */
  startsServer?: boolean;
  /** Of the shop; by default those of the namespace `shop`. */
  subjects?: Subjects;
  /** Who connects: its answers come to an inbox of its own. Left out, they come where those of anybody come. */
  user?: string;
}

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

/** For a subscription: what NATS refuses calls it with an error, and without a message. An exception there would end the connection. */
export const heard =
  (take: (message: Msg) => void) =>
  (error: Error | null, message: Msg): void => {
    if (!error) take(message);
  };

/**
 * This process's one connection to NATS. It is made when it is first needed, and again for ever when it is lost.
 *
 * @internal
 */
export class NatsLink {
  private readonly logger = new Logger(NatsLink.name);
  private readonly events = new EventEmitter().setMaxListeners(0);
  private connection: NatsConnection | undefined;
  private up = false;
  private state: 'idle' | 'started' | 'closed' = 'idle';
  private problem: string | null = null;
  private told: string | undefined;
  private readonly refused = new Set<string>();
  private user: string | undefined;
  private refusing = false;
  private soughtAt: string | undefined;

  /** By which calls say who makes them, and are believed. */
  readonly keys = new CallerKeys();
  /** What is said, and heard, where. */
  readonly subjects: Subjects;
  /** What the inboxes of this process begin with. */
  readonly inboxPrefix: string;

  constructor(
    private readonly options: LinkOptions,
    private readonly how: LinkHow = {},
  ) {
    this.subjects = how.subjects ?? new Subjects();
    this.inboxPrefix = how.user === undefined ? '_INBOX' : this.subjects.inboxOf(how.user);
  }

  /** Why there is no connection, though one is wanted, with what to do where that is known; null: there is, or none is wanted. */
  get trouble(): string | null {
    return this.problem;
  }

  /** Whether that is for good: this process may not even hear answers. It is started again with other settings. */
  get barred(): boolean {
    return this.refusing;
  }

  /** Whether NATS can be asked without starting a server for it. */
  get askable(): boolean {
    return this.current !== undefined || this.how.startsServer !== true;
  }

  /** Whether nobody has needed NATS yet, and to connect would start one. */
  get asleep(): boolean {
    return this.state === 'idle' && this.how.startsServer === true;
  }

  /** The connection while it works; `undefined` while there is none. Nothing is buffered for a lost one. */
  get current(): NatsConnection | undefined {
    return this.up ? this.connection : undefined;
  }

  /** Where it is connected, or was last, or is looked for, without credentials; null: nobody has needed it yet. */
  get server(): { address: string; version: string | null } | null {
    const address = this.connection?.getServer() ?? this.soughtAt;
    return address === undefined ? null : { address, version: this.connection?.info?.version ?? null };
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

  /** Listens from the first connection on. Returns the way to stop. */
  listen(subscribe: (connection: NatsConnection) => Subscription[]): () => void {
    let subscriptions: Subscription[] = [];
    let stopped = false;
    this.onConnection((connection) => {
      if (!stopped) subscriptions = subscribe(connection);
    });
    return () => {
      stopped = true;
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
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
    for (
      let waitMs = backoffMs.least;
      this.state === 'started';
      waitMs = Math.min(2 * waitMs, backoffMs.most)
    ) {
      const connection = await this.tryToConnect();
      if (connection && (this.state as string) === 'closed') return connection.close();
      if (connection) return this.adopt(connection);
      await sleep(waitMs);
    }
  }

  private async tryToConnect(): Promise<NatsConnection | undefined> {
    let at = '';
    try {
      const options = await this.options();
      this.user = options.user;
      this.soughtAt = addressOf(options);
      at = `NATS at ${this.soughtAt} does not answer: `;
      return await connect({ ...patience, inboxPrefix: this.inboxPrefix, ...options });
    } catch (error) {
      this.tell(`${at}${(error as Error).message}`);
      return undefined;
    }
  }

  /** Says once what is wrong. */
  private tell(problem: string): void {
    if (problem !== this.problem) this.logger.warn(`no connection to NATS yet: ${problem}`);
    this.problem = problem;
  }

  /** What this user may not do shows nowhere else: its calls get no answer. Said once of each subject, of so many at most. */
  private tellRefusal(error: Error): void {
    if (!(error instanceof PermissionViolationError) || this.refusing) return;
    if (error.subject.startsWith(`${this.inboxPrefix}.`)) return this.bar();
    if (this.refused.has(error.message) || this.refused.size === mostRefusals) return;
    this.refused.add(error.message);
    this.logger.warn(`NATS refuses: ${error.message}`);
  }

  /** Where even answers are refused nothing of the namespace is allowed; and the client does not ask for it again. */
  private bar(): void {
    const { namespace } = this.subjects;
    const whose = this.user === undefined ? 'this user of NATS' : `the user ${this.user} of NATS`;
    this.refusing = true;
    this.up = false;
    this.problem = `${whose} may not use the namespace ${namespace} (NAMESPACE=${namespace} strangler nats-config writes one that may)`;
    this.logger.error(this.problem);
    this.events.emit('down');
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
      if (status.type === 'error') this.tellRefusal(status.error);
    }
  }

  private set(up: boolean): void {
    if (up === this.up || this.refusing) return;
    this.up = up;
    const server = this.connection?.getServer() ?? '';
    this.problem = up
      ? null
      : `the connection to NATS at ${server} is lost; it is made again when NATS is back`;
    if (this.state !== 'closed') this.report(server);
    this.events.emit(up ? 'up' : 'down');
  }

  private report(server: string): void {
    if (!this.up) return this.logger.log(`connection to NATS at ${server} lost`);
    const version = this.connection?.info?.version ?? '';
    this.logger.log(`connected to NATS ${version} at ${server}`);
    const holes = knownHoles(version);
    if (holes && holes !== this.told) this.logger.warn(`${holes}; set NATS_URL to use another one`);
    this.told = holes;
  }
}

/** Where a connection leads, without credentials. */
function addressOf({ servers }: ConnectionOptions): string {
  const of = (url: string) =>
    url
      .replace(/^.*:\/\//, '')
      .replace(/^.*@/, '')
      .replace(/\/.*$/, '');
  return [servers ?? []].flat().map(of).join(', ');
}
