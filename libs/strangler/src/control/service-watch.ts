import type { CopyReport } from '../calls/copies/leaving.js';
import type { Address } from '../nats/subjects.js';
import { policies, sides, type Side } from '../routes/phase.js';
import { foreignTo } from '../database/refusals.js';
import type { Belonging } from '../sides/remote.js';
import { policyOf, type RouteEntry, type Routes } from '../routes/routes.js';
import type { Finding, ServicePresence } from './terms/views.js';

const askEveryMs = 3_000;

/** Whom a {@link ServiceWatch} asks. Neither rejects. */
export interface WatchedServices {
  /** Whom the databases belong to that serve the module's extracted side now. */
  belonging: (module: string) => Promise<readonly Belonging[]>;
  /** Whether anybody can be asked: there is a connection. */
  canAsk: () => boolean;
  /** What the copies say of themselves that serve a side of a module there. */
  copies: (at: Address) => Promise<readonly CopyReport[]>;
}

/**
 * Looks at who answers in this shop's namespace: services that are not the ones that it is paired with, and copies that take no calls for a
 * while.
 */
export class ServiceWatch {
  private readonly found = new Map<string, readonly Finding[]>();
  /** Of modules at home. */
  private readonly presence = new Map<string, ServicePresence>();
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly modules: readonly string[],
    private readonly routes: Routes,
    private readonly services: WatchedServices,
  ) {}

  /** What there was at the last look. */
  get findings(): Finding[] {
    return [...this.found.values()].flat();
  }

  /** Whether a service of a module at home was there at the last look; null: it has left, or nobody could be asked. */
  presenceOf(module: string): ServicePresence | null {
    return this.presence.get(module) ?? null;
  }

  start(): void {
    const look = () => {
      this.asking = Promise.all(this.modules.map((module) => this.look(module)));
    };
    this.timer = setInterval(look, askEveryMs).unref();
    look();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.asking;
  }

  private async look(module: string): Promise<void> {
    const entry = this.routes.entryOf(module);
    if (!entry || !this.services.canAsk()) return this.forget(module);
    const [all, ...copies] = await Promise.all([
      this.services.belonging(module),
      ...sides.map((side) => this.copiesOut(module, side, entry)),
    ]);
    // A connection that was lost meanwhile has brought nothing.
    if (!this.services.canAsk()) return this.forget(module);
    if (policyOf(entry).atHome) this.presence.set(module, all.length > 0 ? 'there' : 'absent');
    else this.presence.delete(module);
    // Who is paired with nobody yet is told of whom there is when it begins to move.
    if (!entry.databases.extracted) return void this.found.delete(module);
    this.found.set(module, [...strangersAmong(all, entry, module), ...copies.flat()]);
  }

  private forget(module: string): void {
    this.found.delete(module);
    this.presence.delete(module);
  }

  private async copiesOut(module: string, side: Side, { databases }: RouteEntry): Promise<Finding[]> {
    const database = databases[side];
    if (!database) return [];
    return copiesOut(await this.services.copies({ module, side, database }), { module, side });
  }
}

/** What is told of copies that take no calls now. Pure. */
export const copiesOut = (
  all: readonly CopyReport[],
  { module, side }: { module: string; side: Side },
): Finding[] =>
  all
    .filter(({ state }) => state === 'out')
    .map(({ reason }) => ({
      module,
      problem: `one of ${all.length} copies that serve ${module} on the side ${side} takes no calls for a while: ${reason}`,
      meaning: 'the others answer in its place; it comes back by itself, and stays if it does better',
      remedy:
        'look at the machine, the log and the connections of that process (strangler_copy_out is 1 there)',
      repairable: false,
      byItself: true,
    }));

/** What is wrong with those that are not the shop's own service. Pure. */
export function strangersAmong(
  all: readonly Belonging[],
  { databases, phase }: Pick<RouteEntry, 'databases' | 'phase'>,
  module: string,
): Finding[] {
  const own = `this shop (database ${databases.monolith}) has its service of ${module} on the database ${databases.extracted}`;
  const finding = (found: Omit<Finding, 'module' | 'repairable'>) => ({
    module,
    ...found,
    repairable: false,
  });
  const others = all.filter(({ database }) => database !== databases.extracted);
  const isThere = others.length < all.length;
  return (
    others
      // The service of a module at home may get a new database: it is taken when the module begins to move.
      .filter(({ peer }) => isThere || !policies[phase].atHome || peer !== null)
      .map((each) => {
        const { database, peer, peerSince, knownAs } = each;
        if (peer !== null && peer !== databases.monolith)
          return finding({
            problem: `in this namespace there is another shop: ${foreignTo({ database, shop: peer, since: peerSince })}`,
            meaning: `neither takes calls or changes of the other; ${own}`,
            remedy: 'give each shop a NAMESPACE of its own',
          });
        const meaning = `it gets no call and no change: ${own}`;
        if (knownAs && knownAs === databases.extracted)
          return finding({
            problem: `the service of ${module} on the database ${database} was moved there from ${knownAs}, or is on a copy of it`,
            meaning,
            remedy: policies[phase].ended
              ? `start the original; if that is gone for good, and nothing is missing here: serve-unproven ${module} --i-have-fenced-it`
              : 'it takes its place by itself once nobody serves that one any more; its log says what it lacks: then go back to the original, or let the monolith take over (failover)',
          });
        return finding({
          problem: `there is a second service of ${module}, on the database ${database}`,
          meaning,
          remedy:
            'stop it, or start it on the database that the shop is paired with; if it is of another shop, give each a NAMESPACE of its own',
        });
      })
  );
}
