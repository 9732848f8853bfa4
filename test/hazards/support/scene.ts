import type { Order } from '#contracts';
import type { HistoryEntry, ModuleStatus, Phase } from 'nestjs-strangler';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import pg from 'pg';
import { bucketOf } from '#strangler/routes/bucket';
import { startNats, type TestNats } from '../../support/nats.js';
import { OperatorClient } from '../../support/operator.js';
import type { Answer } from '../../support/shop.js';
import { endAllPrograms, startProgram, type Program } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  moduleNames,
  openService,
  openShop,
  type OpenShop,
  type ShopSetup,
} from '../../support/shop.js';
import { until } from '../../support/until.js';
import { check, type CheckOptions } from './check.js';
import { Load, type KnownOrder } from './load.js';

/** Of every product at the beginning. */
const opening = 100_000;
const skus = Array.from({ length: 24 }, (_, i) => `S-${i}`);
/** In one step, watched for no time, without asking for traffic. */
const atOnce = 'ramp: [100], bake: 0s, gates: { minSamples: 0, lagMs: 5000, p99Ratio: 1000, errorRate: 1 }';

/** A shop of real processes whose stock is on its way out, while servers and services fail. */
export class Scene {
  readonly skus = skus;
  readonly received = new Map(skus.map((sku) => [sku, opening]));
  readonly urls: Readonly<Record<'monolith' | 'extracted', string>>;

  /** Of all customers. */
  private readonly orders = new Map<string, KnownOrder>();
  private readonly loads: Load[] = [];

  private constructor(
    readonly nats: TestNats,
    readonly setup: ShopSetup,
    public shop: OpenShop,
    public service: Program,
    private operator: OperatorClient,
  ) {
    this.urls = { monolith: setup.urls.shop, extracted: setup.urls.inventory };
  }

  /** Opens the shop and the service, and fills the shelves. `env`: what the programs find other than usual. */
  static async open(env: Record<string, string> = {}): Promise<Scene> {
    const nats = await startNats();
    const made = await makeSetup(nats.url);
    const inventory = env['INVENTORY_DATABASE_URL'] ?? made.urls.inventory;
    const home = env['DATABASE_URL'] ?? made.urls.shop;
    const setup = {
      ...made,
      env: { ...made.env, ...env },
      urls: { ...made.urls, inventory, shop: home },
      query: <T extends object>(sql: string, params?: unknown[]) => made.on<T>(home, sql, params),
    };
    const shop = await openShop(setup);
    const service = await openService(setup, 'inventory');
    const scene = new Scene(nats, setup, shop, service, await OperatorClient.of(shop));
    const admin = await Client.admin(shop.url);
    await Promise.all(skus.map((sku) => admin.stock(sku, opening)));
    return scene;
  }

  /** Ends all programs and what they stood on. */
  async close(): Promise<void> {
    for (const load of this.loads) load.abandon();
    endAllPrograms();
    await this.setup.drop();
    await this.nats.stop();
  }

  async load(seed: number): Promise<Load> {
    const load = await Load.start({ url: this.shop.url, seed, skus, orders: this.orders });
    this.loads.push(load);
    return load;
  }

  /** One order of one product, beside the load. */
  async order(customer: Client, sku: string): Promise<Answer<Order>> {
    const key = randomUUID();
    const answer = await customer.order(key, { [sku]: 1 });
    const { id, status } = answer.body;
    if (answer.status === 201) this.orders.set(id, { status, userId: customer.id, key });
    return answer;
  }

  /** Whether the key belongs to `extracted` while half of the buckets do. */
  moves(sku: string): boolean {
    return bucketOf('inventory', sku) < 5_000;
  }

  /** A product that stays, or moves, when half of the buckets are handed off. */
  one(which: 'stays' | 'moves'): string {
    return skus.find((sku) => this.moves(sku) === (which === 'moves')) as string;
  }

  /** Says in `strangler.yaml` where inventory is to go; all other modules stay. */
  async want(phase: Phase, percent?: number): Promise<void> {
    const share = percent === undefined ? '' : `percent: ${percent}, `;
    const lines = moduleNames.map((name) =>
      name === 'inventory'
        ? `  ${name}: { phase: ${phase}, ${share}${atOnce} }`
        : `  ${name}: { phase: monolith }`,
    );
    await writeFile(this.setup.env['STRANGLER_CONFIG'] as string, `modules:\n${lines.join('\n')}\n`);
  }

  /** Waits until inventory rests there. */
  async reaches(phase: Phase, percent?: number): Promise<void> {
    await until(`inventory is ${phase} ${percent ?? ''}`, async () => {
      const [row] = await this.setup.query<{ phase: string; percent: number; idle: boolean }>(
        `select phase, percent, transition is null as idle from strangler.module where module = 'inventory'`,
      );
      const there = row?.phase === phase && (percent ?? row.percent) === row.percent;
      return there && row.idle ? true : undefined;
    }).catch(async (error: unknown) => {
      const status = JSON.stringify(await this.status().catch(() => 'none'));
      throw new Error(`${(error as Error).message}\n${status}\n${this.shop.output().slice(-2_000)}`);
    });
  }

  async goTo(phase: Phase, percent?: number): Promise<void> {
    await this.want(phase, percent);
    await this.reaches(phase, percent);
  }

  /** Lets some moments pass: so many statements, which take longer where all else does too. */
  async moments(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.setup.query('select');
  }

  /** A writer that is inside until it is let go: a hand-off that begins meanwhile waits for it. Answers how. */
  async writerInside(side: 'monolith' | 'extracted', sku: string): Promise<() => Promise<void>> {
    const writer = new pg.Client({ connectionString: this.urls[side] });
    await writer.connect();
    await writer.query('begin');
    await writer.query(`select strangler.assert_owner('inventory', array[$1])`, [sku]);
    return async () => {
      await writer.query('commit');
      await writer.end();
    };
  }

  /** The step in the journal; empty: none is under way. */
  async stepUnderWay(): Promise<string> {
    const [row] = await this.setup.query<{ kind: string | null }>(
      `select transition -> 'step' ->> 'kind' as kind from strangler.module where module = 'inventory'`,
    );
    return row?.kind ?? '';
  }

  status(): Promise<ModuleStatus> {
    return this.operator.status('inventory');
  }

  history(): Promise<HistoryEntry[]> {
    return this.operator.history('inventory');
  }

  act(
    ...[verb, how]: Tail<Parameters<OperatorClient['act']>>
  ): Promise<Answer<{ detail?: string; plan?: string[] }>> {
    return this.operator.act('inventory', verb, how);
  }

  get<T>(path: string): Promise<Answer<T>> {
    return this.operator.get<T>(path);
  }

  /** Waits until the status is so. */
  async until(what: string, holds: (status: ModuleStatus) => boolean): Promise<ModuleStatus> {
    return until(what, async () => {
      const status = await this.status();
      return holds(status) ? status : undefined;
    });
  }

  /** Starts the monolith anew, at the same address if `PORT` names one. */
  async restartShop(): Promise<void> {
    this.shop = await openShop(this.setup);
    this.operator = await OperatorClient.of(this.shop);
  }

  async restartService(): Promise<void> {
    this.service = await openService(this.setup, 'inventory');
  }

  /** Starts the service on another database; it is ready once it says `so`. */
  async serviceOn(url: string, so = /· health http/): Promise<void> {
    this.setup.env['INVENTORY_DATABASE_URL'] = url;
    this.service = startProgram('apps/extracted/src/main.js', ['inventory'], this.setup.env);
    await this.service.printed(so);
  }

  /** Compares all rows of both sides, and answers how many differ. */
  async differences(repair = false): Promise<number> {
    const before = (await this.status()).verify.checkedAt;
    await this.act('verify', { repair });
    const { verify } = await this.until(
      'verify has ended',
      ({ verify: { running, checkedAt } }) => running === null && checkedAt !== before,
    );
    return verify.differences;
  }

  /** Holds the history against the books, with the stock as `side` has it. */
  check(load: Load, side: 'monolith' | 'extracted', errors: CheckOptions['errors'] = 'none'): Promise<void> {
    const databaseOf = (module: string) => (module === 'inventory' ? this.urls[side] : this.urls.monolith);
    return check(this.setup, load, { received: this.received, databaseOf, errors });
  }

  /** Runs a statement in the database of a side, as from psql. */
  on<T extends object>(side: 'monolith' | 'extracted', sql: string, params?: unknown[]): Promise<T[]> {
    return this.setup.on<T>(this.urls[side], sql, params);
  }
}

type Tail<T extends unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;
