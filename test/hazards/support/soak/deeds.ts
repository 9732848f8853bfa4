import type { ModuleName } from '../../../support/shop.js';
import { pause, until } from '../../../support/until.js';
import type { Crew } from '../crews.js';
import type { Load } from '../load.js';
import { recovered } from '../recovered.js';
import type { Outage } from './errors.js';
import { isPeaceful, type Deed } from './plan.js';
import type { SoakShop } from './soak-shop.js';

/** So many orders are placed between two deeds. */
const between = 10;
/** Connections are silent for so long: longer than it takes to notice it, in ms. */
const silenceMs = 7_000;
/** A server is away for so long, in ms. */
const awayMs = 1_000;

/** Does what the plan says, one after the other, and writes down what may have been in a customer's way, and when. */
export class Deeds {
  readonly outages: Outage[] = [];
  readonly done: Deed[] = [];

  constructor(
    private readonly shop: SoakShop,
    private readonly load: Load,
    private readonly tell: (line: string) => void,
  ) {}

  /** One deed; resolves when all is as it was before it, and some more orders have been placed. */
  async carryOut(deed: Deed): Promise<void> {
    const { history } = this.load;
    this.tell(describe(deed));
    const outage = { what: deed.kind, began: history.now(), ended: Infinity };
    if (!isPeaceful(deed)) this.outages.push(outage);
    await this.act(deed);
    await recovered(this.shop, this.load, describe(deed));
    outage.ended = history.now();
    this.done.push(deed);
    this.tell(`${describe(deed)}: over after ${((outage.ended - outage.began) / 1_000).toFixed(1)} s`);
    await this.load.placed(between);
  }

  private act(deed: Deed): Promise<void> {
    const { shop } = this;
    switch (deed.kind) {
      case 'kill':
        return this.restarted(deed.crew, 'SIGKILL', [deed.module]);
      case 'freeze':
        return this.freeze(deed);
      case 'pooler restarts':
        return shop.ways.poolers[deed.side].restart();
      case 'database crashes':
        return away(
          () => shop.servers[deed.side].end('crash'),
          () => shop.servers[deed.side].restart(),
        );
      case 'NATS dies':
        return away(
          () => shop.nats.kill(),
          () => shop.nats.restart(),
        );
      case 'release':
        return this.release(deed.side);
    }
  }

  private async restarted(
    crew: Crew,
    signal: 'SIGTERM' | 'SIGKILL',
    modules?: readonly ModuleName[],
  ): Promise<void> {
    await this.shop.end(crew, signal, modules);
    await this.shop.start(crew, modules);
  }

  /** Copies are replaced one after the other: the next one once the one before is ready. */
  private async release(side: Crew['side']): Promise<void> {
    for (const copy of [1, 2] as const) {
      await this.restarted({ side, copy }, 'SIGTERM');
      await this.ready();
    }
  }

  private async freeze({ crew, ways, all }: Extract<Deed, { kind: 'freeze' }>): Promise<void> {
    const proxies = ways.map((way) => this.shop.ways.proxy(crew, way));
    for (const proxy of proxies) proxy.freeze({ all });
    await pause(silenceMs);
    for (const proxy of proxies) proxy.thaw();
  }

  private async ready(): Promise<void> {
    await until('all programs are ready', async () => (await this.shop.unready()).length === 0 || undefined);
  }
}

async function away(end: () => Promise<void>, begin: () => Promise<void>): Promise<void> {
  await end();
  await pause(awayMs);
  await begin();
}

const crewName = ({ side, copy }: Crew): string => `copy ${copy} of ${side}`;

/** In words. */
function describe(deed: Deed): string {
  switch (deed.kind) {
    case 'kill':
      return `kill -9: ${deed.crew.side === 'monolith' ? 'monolith' : deed.module} ${deed.crew.copy}`;
    case 'freeze':
      return `${deed.all ? 'all' : 'the present'} ${deed.ways.join(' and ')} connections of ${crewName(deed.crew)} fall silent`;
    case 'pooler restarts':
    case 'database crashes':
      return `the ${deed.kind} (${deed.side})`;
    case 'NATS dies':
      return deed.kind;
    case 'release':
      return `a release of ${deed.side}`;
  }
}
