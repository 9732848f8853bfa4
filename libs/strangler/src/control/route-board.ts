import { Logger } from '@nestjs/common';
import type { Queryable } from '../database.js';
import { routeOf, type RouteEntry, type Routes } from '../routes.js';

/** How late a process of the monolith may be to learn of a change that another one has written, in ms. */
const readEveryMs = 300;

const start = 'pg_postmaster_start_time()::text as start';

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

  /** Writes a module's entry, unless a later one stands there (then another process leads), and tells this process at once. */
  async write(module: string, entry: RouteEntry): Promise<void> {
    const [written] = await this.database.query<{ start: string }>(
      `insert into strangler.route (module, entry) values ($1, $2)
       on conflict (module) do update set entry = excluded.entry
         where coalesce((route.entry ->> 'version')::bigint, 0) <= (excluded.entry ->> 'version')::bigint
       returning ${start}`,
      [module, JSON.stringify(entry)],
    );
    if (!written) return this.read();
    this.routes.replace({ ...this.routes.snapshot(), [module]: { ...entry, ...written } });
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  private async read(): Promise<void> {
    const rows = await this.database.query<{ module: string; entry: RouteEntry; start: string }>(
      `select module, entry, ${start} from strangler.route`,
    );
    const known = new Map(
      rows.map(({ module, entry, start }) => [module, { ...routeOf('monolith'), ...entry, start }]),
    );
    // A module that nobody has moved yet is at home.
    const entries = this.modules.map((module) => [module, known.get(module) ?? routeOf('monolith')]);
    this.routes.replace(Object.fromEntries(entries) as Record<string, RouteEntry>);
  }
}
