import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNats } from '../support/nats.js';
import { startPostgres, type OwnPostgres } from '../support/own-postgres.js';
import { moduleNames } from '../support/shop.js';
import type { Side } from '../hazards/support/moving-modules.js';
import { ShopInCopies } from '../hazards/support/shop-in-copies.js';
import { SideEvidence, type WriteSeen } from '../hazards/support/side-evidence.js';
import { diskOf } from './disks.js';
import { Links } from './links.js';

/** A shop in copies, each machine of which has links of its own. */
export type ChaosShop = ShopInCopies<Links>;

/** What the log is written with must not take all of a disk that is to be filled by something else. */
const settings = { max_wal_size: '96MB', min_wal_size: '32MB' };

/** Where the store of NATS is, and how it is wiped. */
export interface Store {
  words: readonly string[];
  wipe(): Promise<void>;
}

export interface Opened {
  shop: ChaosShop;
  store: Store;
}

/** A shop of which nothing runs yet. `disks`: whether each side has a disk of its own below the folder. */
export async function makeChaosShop(folder: string, disks: boolean): Promise<Opened> {
  const store = await storeIn(folder);
  const start = (side: Side) => startPostgres(disks ? diskOf(folder, side) : folder);
  const [monolith, extracted] = await Promise.all([start('monolith'), start('extracted')]);
  for (const server of [monolith, extracted]) await set(server);
  const nats = await startNats(...store.words);
  const servers = { monolith, extracted };
  const ways = await Links.open(servers, nats.url);
  return { shop: await ShopInCopies.on({ servers, nats, ways }), store };
}

/** As `strangler nats-config` says: a program that was cut off is given no messages for longer than some seconds. */
const pings = 'ping_interval: "5s"\nping_max: 2\n';

async function storeIn(folder: string): Promise<Store> {
  const path = join(folder, 'nats');
  const config = join(folder, 'nats.conf');
  await writeFile(config, pings);
  return {
    words: ['-c', config, '-js', '-sd', path],
    wipe: () => rm(path, { recursive: true, force: true }),
  };
}

/** Whoever was cut off connects again, and ten programs do so at once: nobody guesses the password here. */
async function set(server: OwnPostgres): Promise<void> {
  const { password } = new URL(server.database('postgres'));
  await server.run(`set scram_iterations = 1; alter role postgres password '${password}'`);
  for (const [name, value] of Object.entries(settings))
    await server.run(`alter system set ${name} = '${value}'`);
  await server.run('select pg_reload_conf()');
}

/** What both sides have seen of writes and of answers by one side alone; it outlives what a database loses. */
export class Evidence {
  private readonly kept = new Map<string, WriteSeen>();

  private constructor(readonly sides: readonly SideEvidence[]) {}

  static async of(shop: ChaosShop): Promise<Evidence> {
    const monolith = await SideEvidence.of(shop.urlOf('monolith'), moduleNames);
    const own = moduleNames.map((name) => SideEvidence.of(shop.urlOf('extracted', name), [name]));
    return new Evidence([monolith, ...(await Promise.all(own))]);
  }

  /** Notes what was seen so far, for a side is about to lose it. */
  async keep(): Promise<void> {
    const now = (await Promise.all(this.sides.map((each) => each.writes()))).flat();
    for (const write of now)
      this.kept.set(`${write.module} ${write.key} ${write.side} ${write.epoch} ${write.at}`, write);
  }

  get writes(): WriteSeen[] {
    return [...this.kept.values()];
  }

  /** What answers went without the other side at a moment, by `performance.now()`. */
  asOf(moment: number): Pick<SideEvidence, 'degraded'>[] {
    return this.sides.map(({ degraded }) => ({
      degraded: degraded.filter(({ from, to }) => from <= moment && moment <= to),
    }));
  }

  /** Whether answers of any module go without the other side now. */
  get isAlone(): boolean {
    return this.sides.some(({ degraded }) => degraded.some(({ to }) => to === Infinity));
  }

  async stop(): Promise<void> {
    await Promise.all(this.sides.map((each) => each.stop()));
  }
}
