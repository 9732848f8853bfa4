import { freePort } from '../../support/ports.js';
import { startBalancer, type Balancer } from '../../support/balancer.js';
import type { TestNats } from '../../support/nats.js';
import { OperatorClient } from '../../support/operator.js';
import type { OwnPostgres } from '../../support/own-postgres.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  moduleNames,
  openService,
  openShop,
  type ModuleName,
  type ShopSetup,
} from '../../support/shop.js';
import { patienceMs } from '../../support/until.js';
import { crews, programOf, type Crew } from './crews.js';
import { Load, type LoadOptions } from './load.js';
import { faultsIn, MovingModules, type Side } from './moving-modules.js';

const skus = Array.from({ length: 24 }, (_, i) => `K-${i}`);
const opening = 100_000;
/** The load balancer looks for a copy that is ready every quarter of a second; on a busy machine it takes longer. */
const drained = { DRAIN: '3s' };
/** As docs/operations.md says: a pooler's sessions are as the database has them. */
const sessions = { statement_timeout: '10s', idle_in_transaction_session_timeout: '15s' };

/** A program that does not say in time that it is ready is not. */
const answerMs = 5_000;

/** A running copy of one of the shop's programs. */
interface Running {
  program: Program;
  /** Answers 200 when it may get requests. */
  ready: string;
}

/** How the programs of each crew come to what they need. */
export interface WaysOfCrews {
  /** What a program of the crew has in its environment, to find this database by this setting. */
  settings(crew: Crew, setting: string, database: string): Record<string, string>;
  close(): Promise<void>;
}

/** What a shop stands on; it goes with the shop. */
export interface Grounds<Ways extends WaysOfCrews> {
  readonly servers: Readonly<Record<Side, OwnPostgres>>;
  readonly nats: TestNats;
  readonly ways: Ways;
}

/** A shop as it is run: two monoliths behind a load balancer, two copies of each service, a PostgreSQL a side, one NATS; all of it can fail. */
export class ShopInCopies<Ways extends WaysOfCrews = WaysOfCrews> extends MovingModules {
  readonly received = new Map(skus.map((sku) => [sku, opening]));
  override readonly patienceMs = Math.max(240_000, patienceMs);
  protected override readonly lookMs = 500;
  private readonly running = new Map<string, Running>();
  /** All that ever ran, by name. */
  readonly programs: { name: string; program: Program }[] = [];
  private front: Balancer | undefined;
  private office: Balancer | undefined;
  protected operator: OperatorClient;
  private load: Load | undefined;

  private constructor(
    private readonly grounds: Grounds<Ways>,
    readonly setup: ShopSetup,
    private readonly ports: Readonly<Record<Crew['copy'], Ports>>,
  ) {
    super();
  }

  /** Nothing runs before {@link open}. */
  static async on<Ways extends WaysOfCrews>(grounds: Grounds<Ways>): Promise<ShopInCopies<Ways>> {
    const { monolith, extracted } = grounds.servers;
    // They go with their server.
    const given = (url: string) => ({ url, drop: () => Promise.resolve() });
    const own = moduleNames.map((name) => [name, given(extracted.database(name))] as const);
    const setup = await makeSetup(grounds.nats.url, {
      shop: given(monolith.database('shop')),
      ...Object.fromEntries(own),
    });
    return new ShopInCopies(grounds, setup, { 1: await choosePorts(), 2: await choosePorts() });
  }

  /** Starts all programs, one crew after the other, and puts goods on the shelves. */
  async open(): Promise<void> {
    await this.createDatabases();
    for (const crew of crews) await this.start(crew);
    await this.openFront();
  }

  get servers(): Grounds<Ways>['servers'] {
    return this.grounds.servers;
  }

  get nats(): TestNats {
    return this.grounds.nats;
  }

  get ways(): Ways {
    return this.grounds.ways;
  }

  async close(): Promise<void> {
    this.load?.abandon();
    endAllPrograms();
    await Promise.all([this.front?.close(), this.office?.close()]);
    await this.ways.close();
    await Promise.all([this.servers.monolith.stop(), this.servers.extracted.stop()]);
    await this.setup.drop();
    await this.nats.stop();
  }

  get place(): { url: string; adminUrl: string } {
    return { url: this.front!.url, adminUrl: this.office!.url };
  }

  /** Customers come, and stay. */
  async customers(how: Omit<LoadOptions, 'url' | 'skus'>): Promise<Load> {
    this.load = await Load.start({ url: this.front!.url, skus, registrations: 0.05, ...how });
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

  /** Stops a program as the system does, or lets it go on. */
  signal(crew: Crew, module: ModuleName, name: 'SIGSTOP' | 'SIGCONT'): void {
    this.running.get(programOf(crew, module))?.program.process.kill(name);
  }

  /** The programs that are not ready now. */
  async unready(): Promise<string[]> {
    const all = [...this.running].map(async ([name, { ready }]) => {
      const answer = await fetch(ready, { signal: AbortSignal.timeout(answerMs) }).catch(() => undefined);
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
    return faultsIn(this.programs.map(({ program }) => program.output()));
  }

  protected outputs(module: ModuleName): string[] {
    const names = new Set(crews.map((crew) => programOf(crew, module)));
    return [...names].map((name) => this.running.get(name)?.program.output() ?? '');
  }

  private async startMonolith(crew: Crew): Promise<void> {
    const env = {
      ...this.ports[crew.copy],
      ...drained,
      ...this.ways.settings(crew, 'DATABASE_URL', this.urlOf('monolith')),
    };
    const program = await openShop({ ...this.setup, env: { ...this.setup.env, ...env } });
    this.runs(programOf(crew, 'users'), program, `${program.url}/health/ready`);
  }

  private async startService(crew: Crew, module: ModuleName): Promise<void> {
    const setting = `${module.toUpperCase()}_DATABASE_URL`;
    const env = this.ways.settings(crew, setting, this.urlOf('extracted', module));
    const program = await openService({ ...this.setup, env: { ...this.setup.env, ...env } }, module);
    const [, ready = ''] = await program.printed(/· health (http[^\s"]+)/);
    this.runs(programOf(crew, module), program, ready);
  }

  private runs(name: string, program: Program, ready: string): void {
    this.running.set(name, { program, ready });
    this.programs.push({ name, program });
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
