import { freePort } from '../../../support/ports.js';
import { startBalancer, type Balancer } from '../../../support/balancer.js';
import { startNats, type TestNats } from '../../../support/nats.js';
import { OperatorClient } from '../../../support/operator.js';
import { startPostgres, type OwnPostgres } from '../../../support/own-postgres.js';
import { endAllPrograms, type Program } from '../../../support/programs.js';
import {
  Client,
  makeSetup,
  moduleNames,
  openService,
  openShop,
  type ModuleName,
  type ShopSetup,
} from '../../../support/shop.js';
import { Load } from '../load.js';
import { faultsIn, MovingModules, type Side } from '../moving-modules.js';
import { crews, type Crew } from './plan.js';
import { Ways } from './ways.js';

const skus = Array.from({ length: 24 }, (_, i) => `K-${i}`);
const opening = 100_000;
/** The load balancer looks for a copy that is ready every quarter of a second; on a busy machine it takes longer. */
const drained = { DRAIN: '3s' };
/** As docs/operations.md says: a pooler's sessions are as the database has them. */
const sessions = { statement_timeout: '10s', idle_in_transaction_session_timeout: '15s' };

/** A running copy of one of the shop's programs. */
interface Running {
  program: Program;
  /** Answers 200 when it may get requests. */
  ready: string;
}

/**
 * A shop as it is run: two monoliths behind a load balancer, two copies of each service, a PostgreSQL and a pgbouncer a side, one NATS; all
 * of it can fail.
 */
export class SoakShop extends MovingModules {
  readonly received = new Map(skus.map((sku) => [sku, opening]));
  protected override readonly patienceMs = 240_000;
  private readonly running = new Map<string, Running>();
  /** All that ever ran. */
  private readonly programs: Program[] = [];
  private front: Balancer;
  private office: Balancer;
  protected operator: OperatorClient;
  private load: Load | undefined;

  private constructor(
    readonly nats: TestNats,
    readonly setup: ShopSetup,
    readonly servers: Readonly<Record<Side, OwnPostgres>>,
    readonly ways: Ways,
    private readonly ports: Readonly<Record<Crew['copy'], Ports>>,
  ) {
    super();
  }

  static async open(): Promise<SoakShop> {
    const [monolith, extracted, nats] = await Promise.all([startPostgres(), startPostgres(), startNats()]);
    const servers = { monolith, extracted };
    // They go with their server.
    const given = (url: string) => ({ url, drop: () => Promise.resolve() });
    const own = moduleNames.map((name) => [name, given(extracted.database(name))] as const);
    const setup = await makeSetup(nats.url, {
      shop: given(monolith.database('shop')),
      ...Object.fromEntries(own),
    });
    const ways = await Ways.open(servers);
    const ports = { 1: await choosePorts(), 2: await choosePorts() };
    const shop = new SoakShop(nats, setup, servers, ways, ports);
    await shop.createDatabases();
    for (const crew of crews) await shop.start(crew);
    await shop.openFront();
    return shop;
  }

  async close(): Promise<void> {
    this.load?.abandon();
    endAllPrograms();
    await Promise.all([this.front.close(), this.office.close()]);
    await this.ways.close();
    await Promise.all([this.servers.monolith.stop(), this.servers.extracted.stop()]);
    await this.setup.drop();
    await this.nats.stop();
  }

  async customers(seed: number): Promise<Load> {
    const { url } = this.front;
    this.load = await Load.start({ url, seed, skus, clients: 5, registrations: 0.05 });
    return this.load;
  }

  urlOf(side: Side, module: ModuleName = 'users'): string {
    return side === 'monolith' ? this.setup.urls.shop : this.setup.urls[module];
  }

  /** Starts the programs of a crew, or one of them; resolves once they are ready. */
  async start(crew: Crew, modules: readonly ModuleName[] = moduleNames): Promise<void> {
    if (crew.side === 'monolith') return this.startMonolith(crew);
    await Promise.all(modules.map((module) => this.startService(crew, module)));
  }

  /** Ends the programs of a crew, or one of them. */
  async end(
    crew: Crew,
    signal: 'SIGTERM' | 'SIGKILL',
    modules: readonly ModuleName[] = moduleNames,
  ): Promise<void> {
    const names = new Set(modules.map((module) => programOf(crew, module)));
    await Promise.all([...names].map(async (name) => this.running.get(name)?.program.end(signal)));
  }

  /** The programs that are not ready now. */
  async unready(): Promise<string[]> {
    const all = [...this.running].map(async ([name, { ready }]) => {
      const answer = await fetch(ready).catch(() => undefined);
      await answer?.body?.cancel();
      return answer?.ok ? [] : [name];
    });
    return (await Promise.all(all)).flat();
  }

  /** Modules whose databases have not both proven themselves, or that answer without the other side. */
  async unsettled(): Promise<string[]> {
    const all = moduleNames.map(async (module) => {
      const proven = (await this.standings(module)).every((standing) => standing?.proven);
      const { degraded } = await this.status(module);
      return proven && !degraded ? [] : [module];
    });
    return (await Promise.all(all)).flat();
  }

  /** What the programs' logs have of requests that were answered with 500. */
  faults(): string[] {
    return faultsIn(this.programs.map((program) => program.output()));
  }

  protected outputs(module: ModuleName): string[] {
    const names = new Set(crews.map((crew) => programOf(crew, module)));
    return [...names].map((name) => this.running.get(name)?.program.output() ?? '');
  }

  private async startMonolith(crew: Crew): Promise<void> {
    const env = {
      ...this.ports[crew.copy],
      ...drained,
      ...this.addresses(crew, 'DATABASE_URL', this.urlOf('monolith')),
    };
    const program = await openShop({ ...this.setup, env: { ...this.setup.env, ...env } });
    this.runs(programOf(crew, 'users'), program, `${program.url}/health/ready`);
  }

  private async startService(crew: Crew, module: ModuleName): Promise<void> {
    const setting = `${module.toUpperCase()}_DATABASE_URL`;
    const env = this.addresses(crew, setting, this.urlOf('extracted', module));
    const program = await openService({ ...this.setup, env: { ...this.setup.env, ...env } }, module);
    const [, ready = ''] = await program.printed(/· health (http[^\s"]+)/);
    this.runs(programOf(crew, module), program, ready);
  }

  private runs(name: string, program: Program, ready: string): void {
    this.running.set(name, { program, ready });
    this.programs.push(program);
  }

  private addresses(crew: Crew, setting: string, database: string): Record<string, string> {
    return {
      [setting]: this.ways.url(crew, 'pooled', database),
      [`DIRECT_${setting}`]: this.ways.url(crew, 'direct', database),
    };
  }

  private async createDatabases(): Promise<void> {
    for (const [side, names] of [['monolith', ['shop']] as const, ['extracted', moduleNames] as const])
      for (const name of names) {
        const server = this.servers[side].database('postgres');
        await this.setup.on(server, `create database ${name}`);
        for (const [setting, value] of Object.entries(sessions))
          await this.setup.on(server, `alter database ${name} set ${setting} = '${value}'`);
      }
  }

  /** What customers and the operator reach, and goods on the shelves. */
  private async openFront(): Promise<void> {
    const ports = [this.ports[1], this.ports[2]];
    this.front = await startBalancer(ports.map(({ PORT }) => `http://localhost:${PORT}`));
    this.office = await startBalancer(ports.map(({ ADMIN_PORT }) => `http://127.0.0.1:${ADMIN_PORT}`));
    const shop = this.running.get(programOf(crews[0]!, 'users'))!.program;
    this.operator = await OperatorClient.of({ ...shop, url: this.front.url, adminUrl: this.office.url });
    const admin = await Client.admin(this.front.url);
    await Promise.all(skus.map((sku) => admin.stock(sku, opening)));
  }
}

/** Of a monolith: they stay when it is started again. */
interface Ports extends Record<string, string> {
  PORT: string;
  ADMIN_PORT: string;
}

const choosePorts = async (): Promise<Ports> => ({
  PORT: String(await freePort()),
  ADMIN_PORT: String(await freePort()),
});

/** A monolith is all modules in one program. */
const programOf = ({ side, copy }: Crew, module: ModuleName): string =>
  `${side === 'monolith' ? side : module} ${copy}`;
