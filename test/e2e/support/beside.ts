import { projectRoot } from '#platform';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { releases } from '../../fixtures/fixture.js';
import { checkOut, type Release } from '../../fixtures/make/release.js';
import { check } from '../../hazards/support/check.js';
import { Load, type KnownOrder } from '../../hazards/support/load.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { freePort } from '../../support/ports.js';
import { OperatorClient } from '../../support/operator.js';
import { startProgram, type Program } from '../../support/programs.js';
import { Client, makeSetup, opened, type OpenShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';

/** The release before, or what this checkout is. */
export type Which = 'before' | 'now';
type Moving = 'inventory' | 'orders' | 'payments';

const skus = Array.from({ length: 12 }, (_, i) => `B-${i}`);
const opening = 100_000;
const atOnce = 'bake: 0s, gates: { minSamples: 0, lagMs: 5000, p99Ratio: 1000, errorRate: 1 }';

/** The release before this one, the last that there is a fixture of, built from its commit: a clone need not have its tag. */
export async function releaseBefore(): Promise<Release> {
  const version = releases().sort().at(-1) as string;
  const commit = await readFile(join(projectRoot(), 'test/fixtures', version, 'commit'), 'utf8');
  return checkOut(commit.trim());
}

/**
 * A shop whose processes are replaced by those of another release, one after the other, while customers order and keys of
 * some modules go over; of orders with its sagas.
 */
export class Beside {
  private readonly ports = { first: 0, second: 0 };
  private readonly monoliths = new Map<'first' | 'second', OpenShop>();
  private readonly services = new Map<string, Program>();
  private readonly loads: Load[] = [];
  private readonly orders = new Map<string, KnownOrder>();

  private constructor(
    private readonly before: Release,
    private readonly setup: ShopSetup,
    private readonly nats: TestNats,
    private readonly moving: readonly Moving[],
  ) {}

  static async open(before: Release, moving: readonly Moving[]): Promise<Beside> {
    const nats = await startNats();
    const setup = await makeSetup(nats.url);
    // The release before does not know the tables of events (docs/upgrading.md).
    setup.env['EVENTS'] = 'off';
    const shop = new Beside(before, setup, nats, moving);
    await shop.handOver(0);
    return shop;
  }

  /** Starts a monolith at one of two ports. */
  async monolith(at: 'first' | 'second', which: Which): Promise<void> {
    this.ports[at] ||= await freePort();
    const shop = await opened(this.start(which, 'monolith', [], { PORT: String(this.ports[at]) }));
    this.monoliths.set(at, shop);
  }

  /** Starts a copy of each service. */
  async copies(which: Which): Promise<void> {
    for (const module of this.moving) {
      const service = this.start(which, 'extracted', [module]);
      this.services.set(`${module} ${which}`, service);
      await service.printed(/· health http/);
    }
  }

  async stopMonolith(at: 'first' | 'second'): Promise<void> {
    await stop(this.monoliths.get(at)!);
    this.monoliths.delete(at);
  }

  async stopCopies(which: Which): Promise<void> {
    for (const module of this.moving) await stop(this.services.get(`${module} ${which}`)!);
  }

  /** Customers come to a monolith, and stay with whichever process listens at that port. */
  async customers(at: 'first' | 'second'): Promise<void> {
    const url = `http://localhost:${this.ports[at]}`;
    const admin = await Client.admin(url);
    if (this.loads.length === 0) await Promise.all(skus.map((sku) => admin.stock(sku, opening)));
    const seed = 900 + this.loads.length;
    this.loads.push(await Load.start({ url, seed, clients: 3, skus, names: false, orders: this.orders }));
  }

  /** All of them place more orders. */
  async placed(count: number): Promise<void> {
    await Promise.all(this.loads.map((load) => load.placed(count)));
  }

  /** Keys go over until the services own so many in a hundred. */
  async handOver(percent: number): Promise<void> {
    const wish = `{ phase: shifting, percent: ${percent}, ramp: [${percent || 100}], ${atOnce} }`;
    const lines = this.moving.map((name) => `  ${name}: ${percent === 0 ? '{ phase: monolith }' : wish}\n`);
    await writeFile(this.setup.env['STRANGLER_CONFIG'] as string, `modules:\n${lines.join('')}`);
    for (const module of this.monoliths.size > 0 ? this.moving : []) await this.owned(module, percent);
  }

  private async owned(module: Moving, wanted: number): Promise<void> {
    const operator = await OperatorClient.of([...this.monoliths.values()].at(-1)!);
    const there = async () => {
      const { phase, percent, transition } = await operator.status(module);
      const wantedPhase = wanted === 0 ? 'monolith' : 'shifting';
      return phase === wantedPhase && percent === wanted && !transition ? true : undefined;
    };
    await until(`${wanted} % of ${module} are with its service`, there).catch(async (error: unknown) => {
      throw new Error(`${String(error)}; it is ${JSON.stringify(await operator.status(module))}`);
    });
  }

  /** All is at home again: the books are true, and hold what customers were told. @throws with what is wrong. */
  async account(): Promise<number> {
    await Promise.all(this.loads.map((load) => load.stop()));
    const received = new Map(skus.map((sku) => [sku, opening]));
    for (const load of this.loads) await check(this.setup, load, { received, errors: 'some' });
    return this.orders.size;
  }

  async close(): Promise<void> {
    for (const program of [...this.monoliths.values(), ...this.services.values()])
      await program.end('SIGKILL');
    await this.setup.drop();
    await this.nats.stop();
  }

  private start(which: Which, entry: string, args: string[], env: Record<string, string> = {}): Program {
    const main = `apps/${entry}/src/main.js`;
    const path = which === 'before' ? this.before.program(main) : main;
    return startProgram(path, args, { ...this.setup.env, ...env });
  }
}

/** As a roll-out does it. */
async function stop(program: Program): Promise<void> {
  const code = await program.end('SIGTERM');
  if (code !== 0) throw new Error(`it ended with ${code}: ${program.output()}`);
}
