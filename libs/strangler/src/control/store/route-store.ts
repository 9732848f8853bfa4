import { Logger } from '@nestjs/common';
import type { Queryable } from '../../database/database.js';
import { identify } from '../../engine/ownership/ownership.js';
import { routeOf, type RouteEntry, type Routes } from '../../routes/routes.js';

/** How late a process of the monolith may be to learn of a change that another one has written, in ms. */
const readEveryMs = 300;

/** What stands on the board, and who this database is: one statement, so one snapshot. */
const read = `
  select strangler.database_id() as database, pg_postmaster_start_time()::text as start,
    exists (select from strangler.ownership where capture and home <> strangler.home()) as copy,
    (select json_object_agg(module, entry) from strangler.route) as entries,
    (select json_object_agg(module, peer) from strangler.ownership) as peers`;

interface Board {
  database: string;
  start: string;
  /** It came here with a backup or a clone: beside the original it is nobody. */
  copy: boolean;
  entries: Record<string, RouteEntry> | null;
  /** The database of the other side, by module. */
  peers: Record<string, string | null> | null;
}

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
    await identify(this.database);
    await this.read();
    this.timer = setInterval(() => {
      this.reading = this.read().catch((error: unknown) => {
        this.logger.warn({ msg: 'routes could not be read', error: String(error) });
      });
    }, readEveryMs).unref();
  }

  /** Writes a module's entry, unless a later one stands there (then another process leads), and tells this process at once. */
  async write(module: string, entry: RouteEntry): Promise<void> {
    await this.database.query(
      `insert into strangler.route (module, entry) values ($1, $2)
       on conflict (module) do update set entry = excluded.entry
         where coalesce((route.entry ->> 'version')::bigint, 0) <= (excluded.entry ->> 'version')::bigint`,
      [module, JSON.stringify(entry)],
    );
    await this.read();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  private async read(): Promise<void> {
    const [board] = await this.database.query<Board>(read);
    if (!board) return;
    const { database, copy } = board;
    this.routes.join(copy ? null : { database, shop: database, since: null, modules: this.modules });
    const entries = this.modules.map((module) => [module, entryOn(board, module)]);
    this.routes.replace(Object.fromEntries(entries) as Record<string, RouteEntry>);
  }
}

/** A module that nobody has moved yet is at home. Whom its sides belong to says their own row, whatever the entry was written with. */
const entryOn = ({ database, start, entries, peers }: Board, module: string): RouteEntry => ({
  ...routeOf('monolith'),
  ...entries?.[module],
  start,
  databases: { monolith: database, extracted: peers?.[module] ?? null },
});
