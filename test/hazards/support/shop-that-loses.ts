import { freePort } from '../../support/ports.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { OperatorClient } from '../../support/operator.js';
import { startPostgres, type OwnPostgres } from '../../support/own-postgres.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  moduleNames,
  openService,
  openShop,
  type ModuleName,
  type OpenShop,
  type ShopSetup,
} from '../../support/shop.js';
import { until } from '../../support/until.js';
import type { Event, History } from './history.js';
import { Load } from './load.js';
import { bothSides, faultsIn, MovingModules, type Place, type Side } from './moving-modules.js';
import { isAlone, SideEvidence, type WriteSeen } from './side-evidence.js';

/** The servers of both sides, as far as all scenes need them. */
type Servers = Readonly<Record<Side, Pick<OwnPostgres, 'database' | 'stop'>>>;

const skus = Array.from({ length: 24 }, (_, i) => `L-${i}`);
const opening = 100_000;
const nowhere = { monolith: [] as WriteSeen[], extracted: [] as WriteSeen[] };

/**
 * A shop of real processes, all of whose modules are on their way out, each side on a PostgreSQL of its own, which loses what it had;
 * meanwhile customers register, order and cancel.
 */
export class ShopThatLoses<Server extends Servers[Side] = OwnPostgres> extends MovingModules {
  readonly received = new Map(skus.map((sku) => [sku, opening]));
  /** What commands wrote in databases that are not there any more. */
  private readonly seen = structuredClone(nowhere);
  private load: Load | undefined;

  private constructor(
    private readonly nats: TestNats,
    readonly setup: ShopSetup,
    readonly servers: Record<Side, Server>,
    private shop: OpenShop,
    private readonly services: Map<ModuleName, Program>,
    protected operator: OperatorClient,
    private readonly evidence: Readonly<Record<Side, SideEvidence[]>>,
  ) {
    super();
  }

  static open(): Promise<ShopThatLoses> {
    return ShopThatLoses.on(startPostgres);
  }

  static async on<Server extends Servers[Side]>(
    start: () => Promise<Server>,
  ): Promise<ShopThatLoses<Server>> {
    const [monolith, extracted, nats] = await Promise.all([start(), start(), startNats()]);
    const servers = { monolith, extracted };
    // They go with their server.
    const given = (url: string) => ({ url, drop: () => Promise.resolve() });
    const made = await makeSetup(nats.url, {
      shop: given(urlOf(servers, 'monolith')),
      ...Object.fromEntries(moduleNames.map((name) => [name, given(urlOf(servers, 'extracted', name))])),
    });
    const setup = { ...made, env: { ...made.env, PORT: String(await freePort()) } };
    const shop = await openShop(setup);
    const services = new Map<ModuleName, Program>();
    await Promise.all(moduleNames.map(async (name) => services.set(name, await openService(setup, name))));
    const evidence = {
      monolith: [await SideEvidence.of(urlOf(servers, 'monolith'), moduleNames)],
      extracted: await Promise.all(
        moduleNames.map((name) => SideEvidence.of(urlOf(servers, 'extracted', name), [name])),
      ),
    };
    const operator = await OperatorClient.of(shop);
    const admin = await Client.admin(shop.url);
    await Promise.all(skus.map((sku) => admin.stock(sku, opening)));
    return new ShopThatLoses(nats, setup, servers, shop, services, operator, evidence);
  }

  async close(): Promise<void> {
    this.load?.abandon();
    endAllPrograms();
    await Promise.all(bothSides.flatMap((side) => this.evidence[side].map((each) => each.stop())));
    await Promise.all(bothSides.map((side) => this.servers[side].stop()));
    await this.setup.drop();
    await this.nats.stop();
  }

  protected get place(): OpenShop {
    return this.shop;
  }

  /** Customers come, and stay. */
  async customers(seed: number): Promise<Load> {
    const { url } = this.shop;
    this.load = await Load.start({ url, seed, skus, clients: 4, registrations: 0.08 });
    return this.load;
  }

  /** Resolves once so many more orders have been answered that both sides have. */
  async placed(load: Load, count: number): Promise<void> {
    const answered = () =>
      load.history.of('order', 'ok').filter((event) => !this.isAlone(load.history, event)).length;
    const goal = answered() + count;
    await until(`${count} more orders are placed`, () => (answered() >= goal ? true : undefined));
  }

  /** Whether it was answered while answers went without the other side. */
  isAlone(history: History, event: Event): boolean {
    return isAlone([...this.evidence.monolith, ...this.evidence.extracted], history, event);
  }

  /** Says in `strangler.yaml` where all modules are to go, and waits until they are there. */
  async goTo(place: Place): Promise<void> {
    await this.want(
      Object.fromEntries(moduleNames.map((name) => [name, place])) as Record<ModuleName, Place>,
    );
    await this.rests(place);
  }

  /** Waits until all modules are there, both sides know each other, agree, and hold the same. */
  async rests(place: Place): Promise<void> {
    for (const module of moduleNames) await this.restsAt(module, place);
  }

  /** What commands wrote on the sides, also where it is lost now. */
  async writes(): Promise<WriteSeen[]> {
    await this.keepWrites();
    return [...this.seen.monolith, ...this.seen.extracted];
  }

  /** Notes what a side has seen so far, for it is about to lose it. */
  async keepWrites(): Promise<void> {
    for (const side of bothSides) {
      const now = (await Promise.all(this.evidence[side].map((each) => each.writes()))).flat();
      const known = new Set(this.seen[side].map(idOf));
      this.seen[side].push(...now.filter((write) => !known.has(idOf(write))));
    }
  }

  /** The programs of these sides end; then they are started anew, on these servers. */
  async moveTo(servers: Partial<Record<Side, Server>>): Promise<void> {
    const of = bothSides.filter((side) => servers[side] !== undefined);
    await Promise.all(of.flatMap((side) => this.programs(side).map((program) => program.end('SIGTERM'))));
    Object.assign(this.servers, servers);
    Object.assign(this.setup.env, addresses(this.servers));
    await Promise.all(
      of.flatMap((side) =>
        this.evidence[side].map((each, i) =>
          each.move(urlOf(this.servers, side, side === 'extracted' ? moduleNames[i] : undefined)),
        ),
      ),
    );
    await Promise.all(of.map((side) => this.restart(side)));
  }

  private programs(side: Side): Program[] {
    return side === 'monolith' ? [this.shop] : [...this.services.values()];
  }

  private async restart(side: Side): Promise<void> {
    if (side === 'extracted') {
      const started = moduleNames.map(async (name) => [name, await openService(this.setup, name)] as const);
      for (const [name, program] of await Promise.all(started)) this.services.set(name, program);
      return;
    }
    this.shop = await openShop(this.setup);
    this.operator = await OperatorClient.of(this.shop);
  }

  /** What the programs' logs have of requests that were answered with 500. */
  faults(): string[] {
    return faultsIn([this.shop, ...this.services.values()].map((each) => each.output()));
  }

  protected outputs(module: ModuleName): string[] {
    return [this.shop.output(), this.services.get(module)?.output() ?? ''];
  }

  urlOf(side: Side, module?: ModuleName): string {
    return urlOf(this.servers, side, module);
  }
}

const idOf = ({ module, key, epoch, at }: WriteSeen): string => `${module} ${key} ${epoch} ${at}`;

const urlOf = (servers: Servers, side: Side, module?: ModuleName): string =>
  servers[side].database(side === 'monolith' ? 'shop' : (module ?? 'shop'));

const addresses = (servers: Servers): Record<string, string> => ({
  DATABASE_URL: urlOf(servers, 'monolith'),
  ...Object.fromEntries(
    moduleNames.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, urlOf(servers, 'extracted', name)]),
  ),
});
