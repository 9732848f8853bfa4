import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { ConnectionOptions } from '@nats-io/transport-node';
import type { CallLists } from '../calls/may-ask.js';
import type { CallObserver } from '../calls/call-observer.js';
import type { Contract } from '../contract/contract.js';
import type { Advice } from '../control/conditions/advice.js';
import type { FindingSource } from '../control/terms/views.js';
import type { WebhookOptions } from '../control/webhooks/webhook-options.js';
import type { Retention } from '../engine/pruning/retention.js';
import type { OperationsOptions } from '../operate/health/operations-routes.js';
import type { HealthAddress } from '../operate/health/operations-server.js';
import type { EventStreamOptions } from '../nats/event-stream-options.js';
import type { KeptRoutes } from '../nats/find-shop.js';
import type { Side } from '../routes/phase.js';
import type { AdminOptions } from './admin-listener.js';
import type { ProcessDatabase } from './process-database.js';

/**
 * How NATS is reached, and as whom.
 *
 * @example
 * ```ts
 * const nats: NatsOptions = { connection: 'tls://nats.example:4222', namespace: 'shop', user: 'orders' };
 * ```
 */
export interface NatsOptions {
  /** Where and how to connect. A function is asked at every attempt: the server may be started for it, or have moved. */
  connection: string | ConnectionOptions | (() => Promise<ConnectionOptions>);
  /** What all subjects of the shop begin with (default `shop`). */
  namespace?: string | undefined;
  /**
   * Who connects: its answers come to an inbox of its own, as {@link natsPermissions} has it. Left out, they come where anybody's come. A
   * process without a side has to say it: by this name its calls are known.
   */
  user?: string | undefined;
  /** To connect starts the server: so that is done when the first module leaves, or once this says that the server runs. */
  startedWhenNeeded?: (() => Promise<boolean>) | undefined;
  /** Outsiders are told of all events by this stream of JetStream. Left out: by none. The same in all processes of a shop. */
  eventStream?: EventStreamOptions | undefined;
}

/** What has to be known before Nest makes the application. */
export interface ProcessOptions {
  /** The side on which this process stands; `undefined` for one that carries no module (a gateway). */
  side: Side | undefined;
  /** Every contract that anything in this process may call. */
  contracts: readonly Contract[];
  /**
   * The database of the modules: a URL, or options of a TypeORM data source, and the toolkit opens it; or the token of one that the
   * application opens. Left out: the application's default data source. Of a process without a side: the URL of a database of its own, for
   * the key of its calls, and for what it counts of them.
   */
  database?: ProcessDatabase | undefined;
}

/**
 * What may come from a factory: settings, and what is made of them.
 *
 * @example
 * ```ts
 * const wiring: WiringOptions = {
 *   nats: 'nats://localhost:4222',
 *   admin: { port: 3001, token },
 *   witness: '/var/lib/shop/witness.json',
 *   retention: { ...defaultRetention, samplesMs: 86_400_000 },
 * };
 * ```
 */
export interface WiringOptions {
  /** URL, or how it is reached. Left out: all modules are in this process, and none can leave. */
  nats?: string | NatsOptions | undefined;
  /** Path of the file that says where modules are to be (default `strangler.yaml`). In the monolith. */
  config?: string | undefined;
  /** The operator's listener. In the monolith; left out, there is none. */
  admin?: AdminOptions | undefined;
  /** Where health and metrics are served; left out, nowhere but at the admin listener. */
  health?: HealthAddress | undefined;
  /** For so long it goes on, in ms, once it is told to stop and says that it is not ready: a load balancer looks elsewhere meanwhile. Default 0. */
  drainMs?: number | undefined;
  /** What machines are told, asked for once the application has begun. Beside it stands what the toolkit knows ({@link StranglerProcess.checks}). */
  operations?: ((app: ModuleRef) => OperationsOptions) | undefined;
  /**
   * What modules and programs call of each other, as for {@link natsPermissions}: nothing else is taken from them. Left out: each may
   * call all that is open to whom it acts for.
   */
  calls?: CallLists | undefined;
  /** Are told of every call. */
  observers?: readonly CallObserver[] | undefined;
  /**
   * Where files are kept that prove a database that was restarted while the other side is away: a path outside of its data folder, which
   * all processes of this side share. Without it such a database takes no writes until the other side answers.
   */
  witness?: string | undefined;
  /**
   * The database's server itself, where the data source leads through a pooler: the toolkit's own sessions hold locks, and listen. Left
   * out: as the data source. A start fails when that is no such way.
   */
  direct?: string | undefined;
  /** Where a process without a side keeps what it has heard of routes, for a start at which nobody tells. Left out: nowhere. */
  kept?: KeptRoutes | undefined;
  /**
   * Whether the toolkit's schema is brought up to date at the start, before anything else (default true). `false`: whoever deploys runs
   * `migrate` of `nestjs-strangler/migrate`, as a role that may make schemas; this process's need not.
   */
  migrate?: boolean | undefined;
  /** How long records of commands, sagas and moves are kept; left out: as {@link defaultRetention} says. */
  retention?: Retention | undefined;
  /**
   * `off`: modules tell nothing, and none is called for what others tell. For as long as processes of a release run beside this one that
   * does not know the tables of events: their module would be degraded, and its keys stay where they are. Default `on`.
   */
  events?: 'on' | 'off' | undefined;
  /** Of the application, for who compares processes. */
  version?: string | undefined;
  /** Where the application runs, in a word of its own such as `production`: operators see it. Left out: nothing is said. */
  environment?: string | undefined;
  /** How what a sentence advises is typed in this application. */
  advice?: Advice | undefined;
  /** What the application finds, for `doctor`. */
  findings?: readonly FindingSource[] | undefined;
  /** Who is told of entries of the history, by HTTP. In the monolith; the same in all of its processes. */
  webhooks?: readonly WebhookOptions[] | undefined;
}

/**
 * What a process is, whom it can call, and how it is wired.
 *
 * @example
 * ```ts
 * const options: StranglerOptions = { side: 'monolith', contracts, database: url, nats: 'nats://localhost:4222' };
 * ```
 */
export interface StranglerOptions extends ProcessOptions, WiringOptions {}

/**
 * The same, with what comes from a factory.
 *
 * @example
 * ```ts
 * const options: StranglerAsyncOptions = {
 *   side: 'monolith',
 *   contracts,
 *   inject: [ConfigService],
 *   useFactory: (config: ConfigService) => ({ nats: config.getOrThrow('NATS_URL') }),
 * };
 * ```
 */
export interface StranglerAsyncOptions extends ProcessOptions {
  imports?: ModuleMetadata['imports'];
  inject?: (InjectionToken | OptionalFactoryDependency)[];
  useFactory: (...given: never[]) => WiringOptions | Promise<WiringOptions>;
}
