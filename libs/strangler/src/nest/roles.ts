import { Logger } from '@nestjs/common';
import type { CallMetrics } from '../control/call-metrics.js';
import type { ControlPlane } from '../control/control-plane.js';
import type { Database, Queryable } from '../database/database.js';
import { offerKey } from '../nats/callers/key-exchange.js';
import { KeyStore } from '../nats/callers/key-store.js';
import { ShopFinder, type KeptRoutes } from '../nats/find-shop.js';
import type { NatsLink } from '../nats/link.js';
import { connectWhenNeeded } from '../nats/on-demand.js';
import { followRoutes, publishRoutes } from '../nats/route-sync.js';
import { programChecks } from '../operate/health/program-checks.js';
import type { Check } from '../operate/health/operations-routes.js';
import { serviceChecks } from '../operate/health/service-checks.js';
import type { Routes } from '../routes/routes.js';
import type { Agents } from '../sides/agents.js';
import { reportCalls } from '../sides/program-reports.js';

/** What a process does for others beside its modules, by the side on which it stands. Each step comes once, in this order. */
export interface Role {
  /** Before the first call is taken. */
  prepare(): Promise<void>;
  /** Its sides have begun. */
  start(): void;
  /** Before anything else ends. */
  stop(): Promise<void>;
  /** Nobody calls any more. */
  end(): Promise<void>;
  /** What has to hold before the process may get work. */
  readonly checks: readonly Check[];
}

/** The monolith's: it says where modules are served, and moves them. `runs`: where to connect starts a server, whether that runs. */
export class Steering implements Role {
  readonly checks = [];
  private readonly logger = new Logger('Strangler');
  private stopLooking: () => void = () => undefined;

  constructor(
    private readonly plane: ControlPlane,
    private readonly link: NatsLink,
    private readonly routes: Routes,
    private readonly runs: (() => Promise<boolean>) | undefined,
  ) {}

  async prepare(): Promise<void> {
    const { link, routes, runs, plane } = this;
    publishRoutes(link, routes);
    if (runs) this.stopLooking = connectWhenNeeded(link, routes, runs);
    else link.start();
    // A slip in the file must not keep the application shut: the modules stay where they are.
    const problem = await plane.prepare();
    if (problem !== null) this.logger.warn(`${problem}; what was in force before stays in force`);
  }

  start(): void {
    this.plane.start();
  }

  stop(): Promise<void> {
    return this.plane.stop();
  }

  async end(): Promise<void> {
    this.stopLooking();
  }
}

/** A service's: it is told where modules are served, and counts its calls for whoever steers. */
export class Following implements Role {
  private stopFollowing: () => void = () => undefined;
  readonly checks: readonly Check[];

  constructor(
    private readonly calls: CallMetrics,
    private readonly link: NatsLink,
    private readonly routes: Routes,
    private readonly database: Queryable,
    agents: Agents,
    /** Whose services are asked where the monolith is silent. */
    private readonly modules: readonly string[],
  ) {
    this.checks = serviceChecks(link, agents);
  }

  async prepare(): Promise<void> {
    this.stopFollowing = followRoutes(this.link, this.routes, this.modules);
  }

  /** Only now: it is called as soon as there is a connection. */
  start(): void {
    this.calls.start(this.database, this.routes);
    this.link.start();
  }

  stop(): Promise<void> {
    return this.calls.stop();
  }

  async end(): Promise<void> {
    this.stopFollowing();
  }
}

/** What a process without a side has of its own. */
export interface ProgramParts {
  calls: CallMetrics;
  routes: Routes;
  database: Database;
  /** The shop that it calls; `undefined`: it calls none. */
  shop:
    { link: NatsLink; program: string; modules: readonly string[]; kept: KeptRoutes | undefined } | undefined;
}

/** That of a process without a side (a gateway): it finds its shop, says who calls, and counts its calls. */
export class Calling implements Role {
  private readonly stops: (() => unknown)[] = [];
  private finder: ShopFinder | undefined;
  readonly checks: readonly Check[];

  constructor(private readonly parts: ProgramParts) {
    const { shop, routes } = parts;
    const problem = () => this.finder?.problem ?? null;
    this.checks = shop ? programChecks({ link: shop.link, routes, problem }) : [];
  }

  async prepare(): Promise<void> {
    const { shop, routes, database } = this.parts;
    if (!shop) return;
    const { link, program, modules, kept = nowhereKept } = shop;
    this.stops.push(followRoutes(link, routes, modules));
    const keys = new KeyStore(database);
    // From now on its calls say who makes them.
    this.stops.push(await offerKey(link, routes, keys, program));
    const { database: id } = await keys.standing();
    const finder = (this.finder = new ShopFinder({ link, routes, database: id, kept, modules }));
    this.stops.push(() => finder.stop());
    await finder.start();
    this.stops.push(reportCalls(link, routes, database, program));
  }

  start(): void {
    const { calls, database, routes } = this.parts;
    calls.start(database, routes);
  }

  /** Requests are still answered, and counted. */
  async stop(): Promise<void> {}

  async end(): Promise<void> {
    const { calls, database } = this.parts;
    await calls.stop();
    for (const stop of this.stops.reverse()) await stop();
    await database.close();
  }
}

const nowhereKept: KeptRoutes = { read: async () => undefined, write: async () => undefined };

/** A process whose modules are all here, and stay. */
export const alone: Role = {
  prepare: () => Promise.resolve(),
  start: () => undefined,
  stop: () => Promise.resolve(),
  end: () => Promise.resolve(),
  checks: [],
};
