import { Logger } from '@nestjs/common';
import type { Queryable } from '../database.js';
import { routeOf, type RouteEntry, type Routes } from '../routes.js';

/** A process refreshes its routes well within the second after which it would have to check every read. In ms. */
const readEveryMs = 300;

/**
 * Where the controller writes what routers are told, and every process of the monolith reads it: they may be many, and
 * share nothing but the database.
 */
export class RouteBoard {
  private readonly logger = new Logger(RouteBoard.name);
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Queryable,
    private readonly modules: readonly string[],
    private readonly routes: Routes,
  ) {}

  /** Reads the board, and goes on reading it. */
  async start(): Promise<void> {
    await this.read();
    this.timer = setInterval(() => {
      this.reading = this.read().catch((error: unknown) => {
        this.logger.warn({ msg: 'routes could not be read', error: String(error) });
      });
    }, readEveryMs).unref();
  }

  /** Writes a module's entry, and tells this process at once. */
  async write(module: string, entry: RouteEntry): Promise<void> {
    await this.database.query(
      `insert into strangler.route (module, entry) values ($1, $2)
       on conflict (module) do update set entry = excluded.entry`,
      [module, JSON.stringify(entry)],
    );
    // The other entries are as old as before.
    this.routes.replace({ ...this.routes.snapshot(), [module]: entry }, -Infinity);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  private async read(): Promise<void> {
    const askedAt = performance.now();
    const rows = await this.database.query<{ module: string; entry: RouteEntry }>(
      'select module, entry from strangler.route',
    );
    const known = new Map(rows.map(({ module, entry }) => [module, entry]));
    // A module that nobody has moved yet is at home.
    const entries = this.modules.map((module) => [module, known.get(module) ?? routeOf('monolith')]);
    this.routes.replace(Object.fromEntries(entries) as Record<string, RouteEntry>, askedAt);
  }
}
