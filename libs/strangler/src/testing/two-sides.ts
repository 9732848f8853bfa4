import { Module, type DynamicModule, type ModuleMetadata, type Type } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalModules } from '../calls/local-modules.js';
import type { Port } from '../calls/ports.js';
import { Router } from '../calls/router.js';
import type { Contract } from '../contract/contract.js';
import type { Operator } from '../control/commands/operator.js';
import type { ModuleStatus } from '../control/terms/views.js';
import type { WiringOptions } from '../nest/options.js';
import type { ProcessDatabase } from '../nest/process-database.js';
import { NatsLink } from '../nats/link.js';
import { startService, type Service } from '../nest/run-service.js';
import { startContext } from '../nest/start-context.js';
import { StranglerModule } from '../nest/strangler.module.js';
import { OPERATOR } from '../operate/operator-token.js';
import type { Phase, Side } from '../routes/phase.js';
import { natsInProcess } from './nats-in-process.js';

/**
 * What {@link twoSides} starts.
 *
 * @example
 * ```ts
 * const databases = { monolith: `${url}/shop`, extracted: `${url}/orders` };
 * const options: TwoSidesOptions = { module: OrdersModule, contracts: [orders], databases };
 * ```
 */
export interface TwoSidesOptions {
  /** The module that moves, as the application imports it. */
  module: Type;
  /** Its contract, and those of all that it calls. */
  contracts: readonly Contract[];
  /** A database of each side, with the toolkit's schema (`nestjs-strangler/migrate`) and the module's tables. */
  databases: Readonly<Record<Side, ProcessDatabase>>;
  /** Left out: {@link natsInProcess}. */
  nats?: WiringOptions['nats'];
  /** What the monolith carries besides: the modules that this one calls, and those that call it. */
  imports?: ModuleMetadata['imports'];
  /** How long a move may take, in ms (default 60,000). */
  patienceMs?: number;
}

/**
 * A module with both its sides.
 *
 * @example
 * ```ts
 * async function back(sides: TwoSides) {
 *   await sides.goTo('monolith');
 *   await sides.close();
 * }
 * ```
 */
export interface TwoSides {
  /** Where the module begins, and what moves it. */
  readonly monolith: INestApplicationContext;
  /** The module's service, as it is now. */
  readonly service: INestApplicationContext;
  /** The port of a contract, as the monolith's code has it. */
  port<C extends Contract>(contract: C): Port<C>;
  /**
   * Moves the module and waits until it rests there. `percent`: which share of the keys the service owns (of a module with one owner:
   * which share of the reads it answers); only for `shifting`. No step waits for traffic or time; all else that holds a move holds this one.
   * @throws with what it waits for when it does not arrive.
   */
  goTo(phase: Exclude<Phase, 'decommissioned'>, percent?: number): Promise<void>;
  /** Compares all rows of both sides. Answers how many differ. */
  differences(): Promise<number>;
  /** Stops the service, does the work, and starts it again. */
  withoutService<T>(work: () => Promise<T>): Promise<T>;
  /** Ends both sides. The databases stay. */
  close(): Promise<void>;
}

/** In one step, watched for no time, without asking for traffic; a busy machine is no reason to wait. */
const atOnce = {
  ramp: [100],
  bake: '0s',
  gates: { minSamples: 0, lagMs: 60_000, p99Ratio: 1_000, errorRate: 1 },
};
const pauseMs = 20;
/** How long NATS may take to answer at first. */
const connectMs = 5_000;

@Module({})
class Monolith {}

/**
 * Starts both sides of a module in this process, wired as in production: the monolith, which steers, and the service, each on a database
 * that the test gives, with NATS in between. It begins where the databases say that the module is.
 *
 * @example
 * ```ts
 * const databases = { monolith: `${url}/shop`, extracted: `${url}/orders` };
 * const sides = await twoSides({ module: OrdersModule, contracts: [orders], databases });
 * const { id } = await sides.port(orders).place({ id: '7', sku: 'A', quantity: 1 });
 * await sides.goTo('extracted');
 * expect(await sides.port(orders).get({ id })).toMatchObject({ sku: 'A' });
 * expect(await sides.differences()).toBe(0);
 * await sides.close();
 * ```
 */
export async function twoSides(options: TwoSidesOptions): Promise<TwoSides> {
  const folder = await mkdtemp(join(tmpdir(), 'two-sides-'));
  const broker = options.nats === undefined ? await natsInProcess() : undefined;
  const ends = [() => rm(folder, { recursive: true }), async () => broker?.close()];
  const end = async () => {
    for (const each of ends.splice(0).reverse()) await each();
  };
  try {
    const file = join(folder, 'strangler.yaml');
    const nats = options.nats ?? broker!.url;
    const monolith = await startMonolith(options, nats, file);
    ends.push(() => monolith.close());
    const pair = new Pair(options, nats, file, monolith, await serviceOf(options, nats));
    ends.push(() => pair.service.close());
    return Object.assign(pair, { close: end });
  } catch (error) {
    await end();
    throw error;
  }
}

type Wired = NonNullable<WiringOptions['nats']>;

async function startMonolith(
  { module, contracts, databases, imports = [] }: TwoSidesOptions,
  nats: Wired,
  config: string,
): Promise<INestApplicationContext> {
  const database = databases.monolith;
  const wiring = StranglerModule.forRoot({ side: 'monolith', contracts, database, nats, config });
  const root: DynamicModule = { module: Monolith, imports: [wiring, module, ...imports] };
  return startContext(root, false);
}

/** The service, once it takes calls. @throws when there is no NATS. */
async function serviceOf({ module, contracts, databases }: TwoSidesOptions, nats: Wired): Promise<Service> {
  const database = databases.extracted;
  const service = await startService(module, { contracts, database, nats, logger: silent });
  const link = service.app.get(NatsLink);
  if (await link.connected(connectMs)) {
    await service.serving;
    return service;
  }
  const { trouble } = link;
  await service.close();
  throw new Error(`${trouble ?? 'there is no NATS'}: start it there, or leave out nats`);
}

const nothing = () => undefined;
const silent = { log: nothing, error: nothing, warn: nothing };

class Pair implements Omit<TwoSides, 'close'> {
  private readonly operator: Operator;
  private readonly names: readonly string[];

  constructor(
    private readonly options: TwoSidesOptions,
    private readonly nats: Wired,
    private readonly file: string,
    readonly monolith: INestApplicationContext,
    private running: Service,
  ) {
    this.operator = monolith.get<Operator>(OPERATOR);
    this.names = running.app
      .get(LocalModules)
      .all()
      .map(({ contract }) => contract.name);
  }

  get service(): INestApplicationContext {
    return this.running.app;
  }

  port<C extends Contract>(contract: C): Port<C> {
    return this.monolith.get(Router).port(contract);
  }

  async goTo(phase: Phase, percent?: number): Promise<void> {
    const wish = { phase, ...(percent !== undefined && { percent }), ...atOnce };
    const modules = Object.fromEntries(this.names.map((name) => [name, wish]));
    // JSON is YAML.
    await writeFile(this.file, JSON.stringify({ modules }));
    await this.each(`is ${phase} ${percent ?? ''}`.trim(), (status) => restsAt(status, phase, percent));
  }

  async differences(): Promise<number> {
    const found = await Promise.all(this.names.map((name) => this.compared(name)));
    return found.reduce((sum, differences) => sum + differences, 0);
  }

  async withoutService<T>(work: () => Promise<T>): Promise<T> {
    await this.running.close();
    try {
      return await work();
    } finally {
      this.running = await serviceOf(this.options, this.nats);
    }
  }

  private async compared(name: string): Promise<number> {
    const before = (await this.operator.module(name)).verify.checkedAt;
    await this.operator.act(name, { verb: 'verify' }, { actor: 'a test', dryRun: false });
    const { verify } = await this.until(name, 'is compared', ({ verify }) => {
      return verify.running === null && verify.checkedAt !== before;
    });
    return verify.differences;
  }

  private async each(what: string, holds: (status: ModuleStatus) => boolean): Promise<void> {
    await Promise.all(this.names.map((name) => this.until(name, what, holds)));
  }

  private async until(
    name: string,
    what: string,
    holds: (status: ModuleStatus) => boolean,
  ): Promise<ModuleStatus> {
    const giveUpAt = performance.now() + (this.options.patienceMs ?? 60_000);
    for (;;) {
      const status = await this.operator.module(name);
      if (holds(status)) return status;
      if (performance.now() > giveUpAt) throw await this.failure(status, what);
      await sleep(pauseMs);
    }
  }

  private async failure({ module, phase, waitingFor }: ModuleStatus, what: string): Promise<Error> {
    const found = (await this.operator.doctor(module)).map(({ problem, remedy }) => `${problem}: ${remedy}`);
    const told = [`${module}, now ${phase}, should be so and is not: ${what}`, waitingFor ?? '', ...found];
    return new Error(told.filter((line) => line !== '').join('\n'));
  }
}

/** Whether a module is there, and nothing is under way. */
function restsAt(
  { phase, wanted, transition, ownership, percent, readsPercent }: ModuleStatus,
  goal: Phase,
  share: number | undefined,
): boolean {
  const reached = ownership === 'whole' ? readsPercent : percent;
  const there = phase === goal && wanted.phase === goal && transition === null;
  return there && (share === undefined || (reached === share && wanted.percent === share));
}
