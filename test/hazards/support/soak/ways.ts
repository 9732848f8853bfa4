import { freezingProxy, type FreezingProxy } from '../../../support/freezing-proxy.js';
import type { OwnPostgres } from '../../../support/own-postgres.js';
import { startPgBouncer, type PgBouncer } from '../../../support/pgbouncer.js';
import { crews, type Crew } from '../crews.js';
import { bothSides, type Side } from '../moving-modules.js';
import type { WaysOfCrews } from '../shop-in-copies.js';
import type { Way } from './plan.js';

/** A pooler waits for a server that was away as long as this, in s, before it asks again. */
const poolerLines = ['default_pool_size = 10', 'max_client_conn = 400', 'server_login_retry = 1'];

const nameOf = ({ side, copy }: Crew): string => `${side} ${copy}`;

/** How the programs of each crew come to their databases: over connections that can fall silent, through a pooler and straight. */
export class Ways implements WaysOfCrews {
  private constructor(
    readonly poolers: Readonly<Record<Side, PgBouncer>>,
    private readonly proxies: ReadonlyMap<string, Readonly<Record<Way, FreezingProxy>>>,
  ) {}

  static async open(servers: Readonly<Record<Side, OwnPostgres>>): Promise<Ways> {
    const serverOf = (side: Side) => servers[side].database('postgres');
    // One after the other: the first one may have to fetch the program.
    const monolith = await startPgBouncer(serverOf('monolith'), poolerLines);
    const extracted = await startPgBouncer(serverOf('extracted'), poolerLines);
    const poolers = { monolith, extracted };
    const proxies = crews.map(async (crew) => {
      const server = serverOf(crew.side);
      const pooled = await freezingProxy(poolers[crew.side].through(server));
      return [nameOf(crew), { pooled, direct: await freezingProxy(server) }] as const;
    });
    return new Ways(poolers, new Map(await Promise.all(proxies)));
  }

  settings(crew: Crew, setting: string, database: string): Record<string, string> {
    return {
      [setting]: this.url(crew, 'pooled', database),
      [`DIRECT_${setting}`]: this.url(crew, 'direct', database),
    };
  }

  private url(crew: Crew, way: Way, database: string): string {
    const [url, by] = [new URL(database), new URL(this.proxy(crew, way).url)];
    [url.hostname, url.port] = [by.hostname, by.port];
    return url.href;
  }

  proxy(crew: Crew, way: Way): FreezingProxy {
    return this.proxies.get(nameOf(crew))![way];
  }

  async close(): Promise<void> {
    await Promise.all([...this.proxies.values()].flatMap((two) => [two.pooled.close(), two.direct.close()]));
    await Promise.all(bothSides.map((side) => this.poolers[side].stop()));
  }
}
