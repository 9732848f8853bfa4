import { Logger } from '@nestjs/common';
import type { Msg } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { corrected, type RouteEntry, type Routes, type RouteTable } from '../routes/routes.js';
import type { NatsLink } from './link.js';
import { entriesIn, tableIn } from './route-sync.js';
import { anyDatabase } from './subjects.js';

/**
 * Where a process without a module keeps what it has heard, for a start at which nobody tells.
 *
 * @internal
 */
export interface KeptRoutes {
  read(): Promise<RouteTable | undefined>;
  write(table: RouteTable): Promise<void>;
}

/** In ms. */
export interface FinderTimes {
  /** How often is asked. */
  askEveryMs: number;
  /** How long answers are waited for. */
  answersMs: number;
  /** A shop that does not answer for so long, while another one does, is there no more: its database was moved, or replaced. */
  goneMs: number;
}

const usual: FinderTimes = { askEveryMs: 1_000, answersMs: 300, goneMs: 10_000 };

export interface ShopFinderOptions {
  link: NatsLink;
  routes: Routes;
  /** Id of this process's own database. */
  database: string;
  kept: KeptRoutes;
  /** Whose services are asked where no monolith answers. */
  modules: readonly string[];
  times?: FinderTimes;
}

/**
 * Finds the shop whose modules a process without a module calls: the one that answers in the namespace of its NATS. Who may answer there is
 * what permissions of NATS say ({@link natsPermissions}). Of two it takes neither: one of them is a copy, or the namespace is not its own.
 * Where no monolith answers, services do, each for its module. While nobody answers it goes on with what it has heard last, also after a start.
 *
 * @internal
 */
export class ShopFinder {
  /** Why this process calls nobody, in words; null: it does. */
  problem: string | null = 'no shop has answered yet';
  private readonly logger = new Logger(ShopFinder.name);
  private readonly stopping = new AbortController();
  private heardAt = -Infinity;
  private working: Promise<void> = Promise.resolve();
  private kept = '';

  private readonly times: FinderTimes;

  constructor(private readonly options: ShopFinderOptions) {
    this.times = options.times ?? usual;
  }

  /** Resolves once it was asked for the first time; and goes on asking. */
  async start(): Promise<void> {
    const { link } = this.options;
    link.start();
    await link.connected(this.times.answersMs);
    await this.look();
    this.working = this.goOn();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  private async goOn(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sleep(this.times.askEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.look();
    }
  }

  private async look(): Promise<void> {
    try {
      const told = await this.askMonoliths();
      await this.take(told.size > 0 ? told : await this.askServices());
    } catch (error) {
      this.tell(`routes cannot be kept: ${(error as Error).message}`);
    }
  }

  private async take(tables: ReadonlyMap<string, RouteTable>): Promise<void> {
    const { routes } = this.options;
    const mine = routes.member?.shop;
    const now = performance.now();
    if (mine !== undefined && tables.has(mine)) this.heardAt = now;
    const [first, ...others] = tables.keys();
    if (
      mine !== undefined &&
      (tables.has(mine) || first === undefined || now - this.heardAt < this.times.goneMs)
    ) {
      await this.keep();
      return this.tell(null);
    }
    if (others.length > 0)
      return this.tell(
        `several shops answer (${[first, ...others].join(', ')}): start them with a NAMESPACE each`,
      );
    if (first !== undefined) return this.join(first, tables.get(first)!);
    const before = await this.options.kept.read();
    const shop = before && shopOf(before);
    if (before && shop !== undefined) this.join(shop, before);
  }

  private join(shop: string, table: RouteTable): void {
    const { routes, database } = this.options;
    this.logger.log(`calls the modules of the shop ${shop}`);
    this.heardAt = performance.now();
    routes.join({ shop, database, since: null, modules: [] });
    routes.replace(table);
    this.tell(null);
  }

  /** By shop, what each that answers says. */
  private async askMonoliths(): Promise<ReadonlyMap<string, RouteTable>> {
    const tables = (await this.answers(this.options.link.subjects.routesGet(anyDatabase))).map(tableIn);
    return new Map(
      tables.flatMap((table) => {
        const shop = table && shopOf(table);
        return table && shop !== undefined ? [[shop, table]] : [];
      }),
    );
  }

  /** The same, of what the services say that answer, each of its own module; beside what was heard last of that shop. */
  private async askServices(): Promise<ReadonlyMap<string, RouteTable>> {
    const { link, modules, kept } = this.options;
    const said = await Promise.all(
      modules.map(async (module) =>
        (await this.answers(link.subjects.routeOf(module, anyDatabase))).flatMap((message) =>
          entriesIn(message, module),
        ),
      ),
    );
    const before = (await kept.read()) ?? {};
    const tables = new Map<string, Record<string, RouteEntry>>();
    for (const [module, entry] of said.flat()) {
      const shop = entry.databases.monolith!;
      const table = tables.get(shop) ?? (shopOf(before) === shop ? { ...before } : {});
      tables.set(shop, { ...table, [module]: corrected(table[module], entry) });
    }
    return tables;
  }

  private async answers(subject: string): Promise<Msg[]> {
    const { current } = this.options.link;
    if (!current) return [];
    const how = { strategy: 'timer', maxWait: this.times.answersMs } as const;
    const messages: Msg[] = [];
    try {
      for await (const message of await current.requestMany(subject, '', how)) messages.push(message);
    } catch (error) {
      // Nobody listens, or the connection is lost: who is silent says nothing.
      this.logger.debug({ msg: 'no shop answers', reason: (error as Error).message });
    }
    return messages;
  }

  private async keep(): Promise<void> {
    const table = this.options.routes.snapshot();
    const text = JSON.stringify(table);
    if (text === this.kept || Object.keys(table).length === 0) return;
    await this.options.kept.write(table);
    this.kept = text;
  }

  private tell(problem: string | null): void {
    if (problem !== null && problem !== this.problem) this.logger.warn(problem);
    this.problem = problem;
  }
}

/** The one shop that all entries are of. */
function shopOf(table: RouteTable): string | undefined {
  const shops = new Set(Object.values(table).map(({ databases }) => databases.monolith));
  const [shop] = shops;
  return shops.size === 1 && shop ? shop : undefined;
}
