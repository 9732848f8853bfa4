import { UpstreamPool, type PoolOptions } from './upstream-pool.js';

export interface UpstreamPoolsOptions extends Pick<PoolOptions, 'checkPath' | 'ca' | 'rules'> {
  /** Copies of the application that everything goes to for which there is no route. */
  legacy?: readonly string[] | undefined;
}

/**
 * The pools of a process, one for the same copies, whatever names them: so an application has one breaker, one set of limits and one
 * check at a time. Metrics call a pool by its hosts, that of `legacy` by this name.
 */
export class UpstreamPools {
  /** Of what there is no route for. */
  readonly legacy: UpstreamPool | undefined;
  private readonly pools = new Map<string, UpstreamPool>();

  constructor(private readonly options: UpstreamPoolsOptions) {
    const { legacy } = options;
    this.legacy = legacy && this.open(legacy, 'legacy');
  }

  get all(): readonly UpstreamPool[] {
    return [...this.pools.values()];
  }

  /** The pool of these copies; a new one, if there is none yet. */
  of(copies: readonly string[]): UpstreamPool {
    return this.pools.get(keyOf(copies)) ?? this.open(copies, hostsOf(copies));
  }

  /** Those of these copies are in use from now on, and no others but `legacy`. */
  use(lists: readonly (readonly string[])[]): void {
    const used = new Set(lists.map(keyOf));
    for (const [key, pool] of this.pools) {
      if (used.has(key) || pool === this.legacy) continue;
      pool.retire();
      this.pools.delete(key);
    }
    for (const copies of lists) this.of(copies);
  }

  /** To be called when what was begun has been answered. */
  close(): void {
    for (const pool of this.pools.values()) pool.close();
  }

  private open(copies: readonly string[], name: string): UpstreamPool {
    const { legacy: _, ...how } = this.options;
    const pool = new UpstreamPool({ name, copies, ...how });
    this.pools.set(keyOf(copies), pool);
    return pool;
  }
}

const keyOf = (copies: readonly string[]): string => [...copies].sort().join();
const hostsOf = (copies: readonly string[]): string => copies.map((copy) => new URL(copy).host).join();
