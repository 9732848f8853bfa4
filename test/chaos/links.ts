import { freezingProxy, type FreezingProxy } from '../support/freezing-proxy.js';
import type { OwnPostgres } from '../support/own-postgres.js';
import { crews, type Crew } from '../hazards/support/crews.js';
import type { Side } from '../hazards/support/moving-modules.js';
import type { WaysOfCrews } from '../hazards/support/shop-in-copies.js';
import type { Server } from './plan.js';

const nameOf = ({ side, copy }: Crew): string => `${side} ${copy}`;

/** The links of each machine to its database server and to NATS; each goes through a proxy of its own. */
export class Links implements WaysOfCrews {
  private constructor(
    private readonly proxies: ReadonlyMap<string, Readonly<Record<Server, FreezingProxy>>>,
  ) {}

  static async open(servers: Readonly<Record<Side, OwnPostgres>>, nats: string): Promise<Links> {
    const all = crews.map(async (crew) => {
      const database = await freezingProxy(servers[crew.side].database('postgres'));
      return [nameOf(crew), { database, NATS: await freezingProxy(nats) }] as const;
    });
    return new Links(new Map(await Promise.all(all)));
  }

  of(crew: Crew, to: Server): FreezingProxy {
    return this.proxies.get(nameOf(crew))![to];
  }

  settings(crew: Crew, setting: string, database: string): Record<string, string> {
    const [url, by] = [new URL(database), new URL(this.of(crew, 'database').url)];
    [url.hostname, url.port] = [by.hostname, by.port];
    return { [setting]: url.href, NATS_URL: this.of(crew, 'NATS').url };
  }

  async close(): Promise<void> {
    const all = [...this.proxies.values()].flatMap(({ database, NATS }) => [database, NATS]);
    await Promise.all(all.map((proxy) => proxy.close()));
  }
}
