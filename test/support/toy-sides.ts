import type { Port } from 'nestjs-strangler';
import { LocalModules } from '#strangler/calls/local-modules';
import { routeOf, Routes, type RouteEntry } from '#strangler/routes/routes';
import { Router } from '#strangler/calls/router';
import { bucketOf, buckets } from '#strangler/routes/bucket';
import type { CallObserver } from '#strangler/calls/call-observer';
import { withContext } from '#strangler/database/context';
import type { Executor } from '#strangler/calls/executor';
import { ReadGuard } from '#strangler/calls/read-guard';
import type { RemoteCalls } from '#strangler/calls/side-calls';
import { toy, toyDatabase, type ToyDatabase } from './toy.js';
import { toyExecutor, type ToyHandlers } from './toy-executor.js';

/** How a call to the other side goes: `deliver` carries it out there. */
export type Delivery = (deliver: () => Promise<unknown>) => Promise<unknown>;

/** One side of the toy module. */
export interface ToySide {
  readonly database: ToyDatabase;
  readonly executor: Executor;
  readonly handlers: ToyHandlers;
}

/** Half of the keys belong to `extracted`, unless a test moves the border. */
export const half = buckets / 2;

/** A name that belongs to `extracted` (or to `monolith`) while the border is at {@link half}; another one for each number. */
export function nameOf(owner: 'monolith' | 'extracted', number = 0): string {
  const below = owner === 'extracted';
  const names = Array.from({ length: 100 }, (_, i) => `K-${i}`);
  return names.filter((name) => bucketOf('toy', name) < half === below)[number] as string;
}

/** The toy module on two sides, each with its database; the router stands on the monolith. */
export class ToySides {
  readonly routes = new Routes();
  readonly port: Port<typeof toy>;
  readonly router: Router;
  /** How the next calls to the other side go, by operation. */
  readonly deliveries = new Map<string, Delivery[]>();

  private constructor(
    readonly monolith: ToySide,
    readonly extracted: ToySide,
    observer?: CallObserver,
  ) {
    const modules = new LocalModules('monolith');
    modules.add(monolith.executor);
    this.router = new Router(this.routes, modules, this.remote(), observer);
    this.port = this.router.port(toy);
  }

  static async open(observer?: CallObserver): Promise<ToySides> {
    const side = async (name: 'monolith' | 'extracted'): Promise<ToySide> => {
      const database = await toyDatabase({ side: name, extractedBelow: half });
      return { database, ...toyExecutor(database.dataSource, { guard: new ReadGuard(name) }) };
    };
    const both = new ToySides(await side('monolith'), await side('extracted'), observer);
    both.believe(half);
    return both;
  }

  /** What the router believes; `more` of the entry. */
  believe(extractedBelow: number, more: Partial<RouteEntry> = {}): void {
    this.routes.replace({ toy: { ...routeOf('shifting'), extractedBelow, ...more } });
  }

  /** Moves the border on both sides at once, with the claims: what a hand-off comes to. */
  async move(extractedBelow: number): Promise<void> {
    await this.carryClaims(this.monolith.database, this.extracted.database);
    await this.carryClaims(this.extracted.database, this.monolith.database);
    await this.own('monolith', { extracted_below: extractedBelow });
    await this.own('extracted', { extracted_below: extractedBelow });
  }

  /** Changes the ownership row of one side. */
  async own(side: 'monolith' | 'extracted', change: Record<string, number | null>): Promise<void> {
    const set = Object.keys(change).map((column, i) => `${column} = $${i + 1}`);
    await this[side].database.dataSource.query(
      `update strangler.ownership set ${set.join(', ')}`,
      Object.values(change),
    );
  }

  async effects(): Promise<{ monolith: string[]; extracted: string[] }> {
    return {
      monolith: await this.monolith.database.effects(),
      extracted: await this.extracted.database.effects(),
    };
  }

  /** As at the beginning. */
  async reset(): Promise<void> {
    this.deliveries.clear();
    this.believe(half);
    for (const side of ['monolith', 'extracted'] as const) {
      await this.own(side, { extracted_below: half, fence_from: null, fence_to: null });
      await this[side].database.dataSource.query('delete from toy.effect; delete from toy.idempotency');
    }
  }

  async drop(): Promise<void> {
    await Promise.all([this.monolith.database.drop(), this.extracted.database.drop()]);
  }

  private remote(): RemoteCalls {
    return {
      call: ({ name }, _side, input, { commandId, undoOf, cancel }) => {
        const deliver = () =>
          withContext({ requestId: 'far', servedBy: new Map() }, () =>
            this.extracted.executor.execute(name, input, commandId, { undoOf, cancel }),
          );
        return (this.deliveries.get(name)?.shift() ?? ((go) => go()))(deliver);
      },
    };
  }

  private async carryClaims(from: ToyDatabase, to: ToyDatabase): Promise<void> {
    const [found] = await from.dataSource.query<{ rows: string | null }[]>(
      'select json_agg(i)::text as rows from toy.idempotency i',
    );
    await to.dataSource.query(
      `insert into toy.idempotency select * from json_populate_recordset(null::toy.idempotency, $1)
       on conflict (command_id, routing_key) do update set undone = excluded.undone or idempotency.undone`,
      [found?.rows ?? '[]'],
    );
  }
}
