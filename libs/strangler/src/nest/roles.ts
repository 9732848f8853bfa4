import { Logger } from '@nestjs/common';
import type { CallMetrics } from '../control/call-metrics.js';
import type { ControlPlane } from '../control/control-plane.js';
import type { Queryable } from '../database/database.js';
import type { NatsLink } from '../nats/link.js';
import { connectWhenNeeded } from '../nats/on-demand.js';
import { followRoutes, publishRoutes } from '../nats/route-sync.js';
import type { Routes } from '../routes/routes.js';

/** What a process does for others beside its modules, by the side on which it stands. Each step comes once, in this order. */
export interface Role {
  /** Before the first call is taken. */
  prepare(): Promise<void>;
  /** Its sides have begun. */
  start(): void;
  /** Before anything else ends. */
  stop(): Promise<void>;
  /** Nobody calls any more. */
  end(): void;
}

/** The monolith's: it says where modules are served, and moves them. `runs`: where to connect starts a server, whether that runs. */
export class Steering implements Role {
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

  end(): void {
    this.stopLooking();
  }
}

/** A service's: it is told where modules are served, and counts its calls for whoever steers. */
export class Following implements Role {
  private stopFollowing: () => void = () => undefined;

  constructor(
    private readonly calls: CallMetrics,
    private readonly link: NatsLink,
    private readonly routes: Routes,
    private readonly database: Queryable,
    /** Whose services are asked where the monolith is silent. */
    private readonly modules: readonly string[],
  ) {}

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

  end(): void {
    this.stopFollowing();
  }
}

/** A process whose modules are all here, and stay. */
export const alone: Role = {
  prepare: () => Promise.resolve(),
  start: () => undefined,
  stop: () => Promise.resolve(),
  end: () => undefined,
};
