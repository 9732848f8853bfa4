import { foreignTo } from '../refusals.js';
import type { Belonging } from '../side/remote.js';
import type { RouteEntry, Routes } from '../routes.js';
import type { Finding } from './operator.js';

const askEveryMs = 3_000;

/** Services that answer in this shop's namespace, and are not the ones that it is paired with. */
export class Strangers {
  private readonly found = new Map<string, readonly Finding[]>();
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly modules: readonly string[],
    private readonly routes: Routes,
    /** Whom the databases belong to that serve the module's extracted side now. */
    private readonly ask: (module: string) => Promise<readonly Belonging[]>,
  ) {}

  /** Those that were there at the last look. */
  get findings(): Finding[] {
    return [...this.found.values()].flat();
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
    // Who is paired with nobody yet is told of whom there is when it begins to move.
    const strangers = entry?.databases.extracted ? strangersAmong(await this.ask(module), entry, module) : [];
    this.found.set(module, strangers);
  }
}

/** What is wrong with those that are not the shop's own service. Pure. */
export function strangersAmong(
  all: readonly Belonging[],
  { databases }: Pick<RouteEntry, 'databases'>,
  module: string,
): Finding[] {
  const own = `this shop (database ${databases.monolith}) has its service of ${module} on the database ${databases.extracted}`;
  return all
    .filter(({ database }) => database !== databases.extracted)
    .map(({ database, peer, peerSince }) => {
      const other = peer !== null && peer !== databases.monolith;
      return {
        module,
        problem: other
          ? `in this namespace there is another shop: ${foreignTo({ database, shop: peer, since: peerSince })}`
          : `there is a second service of ${module}, on the database ${database}`,
        meaning: other
          ? `neither takes calls or changes of the other; ${own}`
          : `it gets no call and no change: ${own}`,
        remedy: other
          ? 'give each shop a NAMESPACE of its own'
          : 'stop it, or start it on the database that the shop is paired with',
        repairable: false,
      };
    });
}
