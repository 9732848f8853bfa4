import {
  Logger,
  type BeforeApplicationShutdown,
  type INestApplication,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer, type ModuleRef } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { isServiceContract } from '../contract/service-contract.js';
import type { Database } from '../database/database.js';
import type { Check, OperationsOptions } from '../operate/health/operations-routes.js';
import { Drain } from '../operate/health/drain.js';
import { openOperations, type OperationsServer } from '../operate/health/operations-server.js';
import type { GaugeSet } from '../operate/metrics/gauges.js';
import type { CallHistogram } from '../operate/metrics/toolkit-metrics.js';
import { guardOf, openAdmin } from './admin-listener.js';
import type { StranglerOptions } from './options.js';
import type { Parts } from './parts.js';
import { assertServable } from './service-feature.js';
import { bringUpToDate, startErrorOf } from './up-to-date.js';

/**
 * Figures of a process, with their names; prom-client or another one writes them.
 *
 * @internal
 */
export interface Measured {
  readonly histograms: readonly CallHistogram[];
  readonly gauges: readonly GaugeSet[];
  /** The toolkit's own connections to the database. */
  readonly pool?: () => Database['figures'];
}

/**
 * The order in which the toolkit begins and ends with its application, by Nest's hooks. Its module is global, so it begins before all
 * modules of the application, and ends after them.
 *
 * 1. `onModuleInit`: services behind their classes are looked at; the toolkit's schema; routes, the file that says where modules are to be, subscriptions for calls. Calls find their way from here on.
 * 2. `onApplicationBootstrap`: the sides, which prove themselves, and take commands from here on; what moves modules; the connection of a service; the listeners.
 * 3. `beforeApplicationShutdown`: the process says that it is not ready, for `drainMs`; the listeners, and what moves modules, at its next safe point. Nest then answers its last requests.
 * 4. `onApplicationShutdown`: calls that were taken are answered, for which requests may have waited; the sides end; then the connection.
 *
 * @example
 * ```ts
 * const { admin, healthPort } = app.get(StranglerProcess);
 * console.log(await admin?.getUrl(), healthPort);
 * ```
 */
export class StranglerProcess
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('Strangler');
  private adminListener: INestApplication | undefined;
  private health: OperationsServer | undefined;
  private ending: Promise<void> | undefined;
  private readonly drain = new Drain();
  private isOpen = false;

  constructor(
    private readonly options: StranglerOptions,
    readonly parts: Parts,
    private readonly app: ModuleRef,
    private readonly dataSource?: DataSource,
  ) {
    if (dataSource) endFirst(dataSource, () => this.end());
  }

  /** The operator's listener, once it is open; `undefined`: this process has none. */
  get admin(): INestApplication | undefined {
    return this.adminListener;
  }

  /** Where the health port is; `undefined` while there is none. */
  get healthPort(): number | undefined {
    return this.health?.port;
  }

  /** What has to hold before this process may get work, as far as the toolkit knows. */
  get checks(): readonly Check[] {
    return [...this.parts.role.checks, this.drain.check];
  }

  /** What the toolkit measures of this process, for whoever is scraped. */
  get measured(): Measured {
    const { side } = this.options;
    const { metrics, agents, subscribers, link, guarded, copies, plane, database } = this.parts;
    const { histograms } = metrics;
    if (!link || !guarded || !copies) return { histograms, gauges: [] };
    if (!database || !side) return { histograms, gauges: metrics.gaugesOfCaller(link, guarded) };
    const own = { database, link, guarded, copies, agents, subscribers };
    const gauges = metrics.gauges({ ...own, ...(plane && { operator: plane.operator }) });
    return { histograms, gauges, pool: () => database.figures };
  }

  async onModuleInit(): Promise<void> {
    const { role, server } = this.parts;
    const modules = this.app.get(ModulesContainer, { strict: false });
    for (const contract of this.options.contracts.filter(isServiceContract))
      assertServable(contract, modules);
    await this.prepareSchema();
    await role.prepare().catch(asStartError);
    server?.listen();
  }

  /** A process without a contract needs nothing there. */
  private async prepareSchema(): Promise<void> {
    const { migrate = true, contracts } = this.options;
    const { database } = this.parts;
    if (migrate && database && contracts.length > 0) await bringUpToDate(database);
  }

  async onApplicationBootstrap(): Promise<void> {
    const { agents, role } = this.parts;
    await agents.start().catch(asStartError);
    role.start();
    this.parts.eventStream?.start();
    await this.openListeners();
    this.isOpen = true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    // Nobody has been sent to a process whose start fails.
    if (this.isOpen) await this.drain.go(this.options.drainMs ?? 0);
    await this.health?.close();
    await this.adminListener?.close();
    await this.parts.role.stop();
  }

  onApplicationShutdown(): Promise<void> {
    return this.end();
  }

  /**
   * Ends what has begun of a process whose start has failed, and its data source.
   *
   * @internal
   */
  async abandon(): Promise<void> {
    await this.beforeApplicationShutdown();
    await this.end();
    if (this.dataSource?.isInitialized) await this.dataSource.destroy();
  }

  private end(): Promise<void> {
    return (this.ending ??= this.endParts());
  }

  private async endParts(): Promise<void> {
    const { server, agents, role, link, eventStream } = this.parts;
    await server?.close();
    await eventStream?.stop();
    await agents.stop();
    await role.end();
    await link?.close();
  }

  private async openListeners(): Promise<void> {
    const { health, admin } = this.options;
    const { plane } = this.parts;
    const operations = this.operations();
    if (admin && (plane || admin.also)) {
      const of = {
        guard: guardOf(admin, this.app),
        also: admin.also?.(this.app),
        logIn: admin.logIn?.(this.app),
        routes: admin.routes,
      };
      this.adminListener = await openAdmin(admin, { operator: plane?.operator, operations, ...of });
    } else if (admin && !this.parts.link) {
      this.logger.warn('there is no admin API: it comes with `nats`, also where no module is to leave');
    }
    if (health) this.health = await openOperations(health, operations);
  }

  /** What the application says of itself, and what the toolkit knows. */
  private operations(): OperationsOptions {
    const own = this.options.operations?.(this.app) ?? { checks: [] };
    return { ...own, checks: [...own.checks, ...this.checks] };
  }
}

const asStartError = (error: unknown): never => {
  throw startErrorOf(error);
};

/** Whoever ends the data source, and whenever: calls that were taken need it. Nest leaves the order of global modules open. */
function endFirst(dataSource: DataSource, end: () => Promise<void>): void {
  const destroy = dataSource.destroy.bind(dataSource);
  dataSource.destroy = async () => {
    await end();
    await destroy();
  };
}
