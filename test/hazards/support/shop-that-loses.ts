import type { Finding, ModuleStatus, Phase } from '#strangler';
import { writeFile } from 'node:fs/promises';
import { choosePort } from '../../../libs/platform/src/embedded/ports.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { OperatorClient } from '../../support/operator.js';
import { startPostgres, type OwnPostgres } from '../../support/own-postgres.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import { runCli } from '../../support/run-cli.js';
import {
  Client,
  makePremises,
  moduleNames,
  openService,
  openShop,
  type ModuleName,
  type OpenShop,
  type Premises,
} from '../../support/shop.js';
import { until } from '../../support/until.js';
import type { Event, History } from './history.js';
import { Load } from './load.js';
import { isAlone, SideEvidence, type WriteSeen } from './side-evidence.js';

export type Side = 'monolith' | 'extracted';
export const bothSides: readonly Side[] = ['monolith', 'extracted'];

/** Where all modules are. */
export interface Place {
  phase: Phase;
  percent?: number;
}

/** In one step, watched for no time, without asking for traffic; a busy machine is no reason to wait. */
const atOnce = 'ramp: [100], bake: 0s, gates: { minSamples: 0, lagMs: 5000, p99Ratio: 1000, errorRate: 1 }';
const skus = Array.from({ length: 24 }, (_, i) => `L-${i}`);
const opening = 100_000;
const nowhere = { monolith: [] as WriteSeen[], extracted: [] as WriteSeen[] };

/** How one module stands, by the rows of one database. */
interface Standing {
  well: boolean;
  epoch: number;
  below: number;
}

/**
 * A shop of real processes, all of whose modules are on their way out, each side on a PostgreSQL of its own, which loses what it had;
 * meanwhile customers register, order and cancel.
 */
export class ShopThatLoses {
  readonly received = new Map(skus.map((sku) => [sku, opening]));
  /** What doctor said, and which command was taken from it, by module. */
  readonly advised = new Map<string, { said: string; command: string }>();
  /** What commands wrote in databases that are not there any more. */
  private readonly seen = structuredClone(nowhere);
  private load: Load | undefined;

  private constructor(
    private readonly nats: TestNats,
    readonly premises: Premises,
    readonly servers: Record<Side, OwnPostgres>,
    private shop: OpenShop,
    private readonly services: Map<ModuleName, Program>,
    private operator: OperatorClient,
    private readonly evidence: Readonly<Record<Side, SideEvidence[]>>,
  ) {}

  static async open(): Promise<ShopThatLoses> {
    const [monolith, extracted, nats] = await Promise.all([startPostgres(), startPostgres(), startNats()]);
    const servers = { monolith, extracted };
    // They go with their server.
    const given = (url: string) => ({ url, drop: () => Promise.resolve() });
    const made = await makePremises(nats.url, {
      shop: given(urlOf(servers, 'monolith')),
      ...Object.fromEntries(moduleNames.map((name) => [name, given(urlOf(servers, 'extracted', name))])),
    });
    const premises = { ...made, env: { ...made.env, PORT: String(await choosePort()) } };
    const shop = await openShop(premises);
    const services = new Map<ModuleName, Program>();
    await Promise.all(moduleNames.map(async (name) => services.set(name, await openService(premises, name))));
    const evidence = {
      monolith: [await SideEvidence.of(urlOf(servers, 'monolith'), moduleNames)],
      extracted: await Promise.all(
        moduleNames.map((name) => SideEvidence.of(urlOf(servers, 'extracted', name), [name])),
      ),
    };
    const operator = await OperatorClient.of(shop);
    const admin = await Client.admin(shop.url);
    await Promise.all(skus.map((sku) => admin.stock(sku, opening)));
    return new ShopThatLoses(nats, premises, servers, shop, services, operator, evidence);
  }

  async close(): Promise<void> {
    this.load?.abandon();
    endAllPrograms();
    await Promise.all(bothSides.flatMap((side) => this.evidence[side].map((each) => each.stop())));
    await Promise.all(bothSides.map((side) => this.servers[side].stop()));
    await this.premises.drop();
    await this.nats.stop();
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
  async goTo({ phase, percent }: Place): Promise<void> {
    const share = percent === undefined ? '' : `percent: ${percent}, `;
    const lines = moduleNames.map((name) => `  ${name}: { phase: ${phase}, ${share}${atOnce} }`);
    await writeFile(this.premises.env['STRANGLER_CONFIG'] as string, `modules:\n${lines.join('\n')}\n`);
    await this.rests({ phase, ...(percent !== undefined && { percent }) });
  }

  /** Waits until all modules are there, both sides know each other, agree, and hold the same. */
  async rests({ phase, percent }: Place): Promise<void> {
    for (const module of moduleNames) {
      await this.patiently(`${module} rests at ${phase} ${percent ?? ''}`, module, async () => {
        const status = await this.status(module);
        const { ownership, readsPercent } = status;
        const share = ownership === 'whole' ? readsPercent : status.percent;
        const there = status.phase === phase && (percent ?? share) === share;
        return (there && status.transition === null && (await this.isWell(module, status))) || undefined;
      });
    }
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

  /** The side's programs go to another server from now on. */
  async moveTo(side: Side, server: OwnPostgres): Promise<void> {
    this.servers[side] = server;
    Object.assign(this.premises.env, addresses(this.servers));
    await Promise.all(
      this.evidence[side].map((each, i) =>
        each.move(urlOf(this.servers, side, side === 'extracted' ? moduleNames[i] : undefined)),
      ),
    );
    if (side === 'monolith') {
      await this.shop.end('SIGTERM');
      this.shop = await openShop(this.premises);
      this.operator = await OperatorClient.of(this.shop);
      return;
    }
    await Promise.all(
      [...this.services].map(async ([name, program]) => {
        await program.end('SIGTERM');
        this.services.set(name, await openService(this.premises, name));
      }),
    );
  }

  /** Each module comes back by itself, or by the one command that doctor names. */
  async heal(): Promise<void> {
    await Promise.all(moduleNames.map((module) => this.healed(module)));
  }

  /** How many rows differ between the two sides, by module. */
  async differences(): Promise<Record<string, number>> {
    const found = await Promise.all(
      moduleNames.map(async (module) => [module, await this.compared(module)] as const),
    );
    return Object.fromEntries(found);
  }

  /** The database of a module on the side that owns it now. @throws when owners are not one. */
  async owner(module: ModuleName): Promise<Side> {
    const [m, e] = await this.standings(module);
    if (m?.below !== e?.below || m?.epoch !== e?.epoch)
      throw new Error(`${module}: ${JSON.stringify([m, e])}`);
    return m?.below === 10_000 ? 'extracted' : 'monolith';
  }

  /** What the programs' logs have of requests that were answered with 500. */
  faults(): string[] {
    const lines = [this.shop, ...this.services.values()].flatMap((each) => each.output().split('\n'));
    const answered = lines.filter((line) => line.includes('"status":500'));
    const ids = answered.flatMap((line) => /"requestId":"([^"]+)"/.exec(line)?.[1] ?? []);
    return lines.filter((line) => ids.some((id) => line.includes(id)));
  }

  /** What doctor says of a module. */
  async doctor(module: ModuleName): Promise<Finding[]> {
    return (await this.operator.get<{ items: Finding[] }>(`/doctor?module=${module}`)).body.items;
  }

  urlOf(side: Side, module?: ModuleName): string {
    return urlOf(this.servers, side, module);
  }

  async history(module: ModuleName): Promise<string[]> {
    const entries = await this.operator.history(module);
    return entries.map(({ action, outcome, reason }) => `${action} ${outcome} ${reason ?? ''}`.trim());
  }

  private async healed(module: ModuleName): Promise<void> {
    const found = await this.patiently(`${module} is well, or doctor names a command`, module, async () => {
      if (await this.isWell(module, await this.status(module))) return 'well' as const;
      const { body } = await this.operator.get<{ items: Finding[] }>(`/doctor?module=${module}`);
      // Some are told to wait first.
      return body.items.find(({ problem, remedy }) => problem.includes('was put back') && commandIn(remedy));
    });
    if (found === 'well') return;
    const { problem, remedy } = found;
    const command = commandIn(remedy)!;
    this.advised.set(module, { said: `${problem}; ${remedy}`, command });
    const { ADMIN_EMAIL = '', ADMIN_PASSWORD = '' } = this.premises.env;
    const { url: SHOP_URL, adminUrl: ADMIN_URL } = this.shop;
    const run = await runCli(command.trim().split(' '), {
      ...{ ADMIN_URL, SHOP_URL, ADMIN_EMAIL, ADMIN_PASSWORD },
    });
    expect({ command, ...run, stdout: '' }).toEqual({
      command,
      code: 0,
      stdout: '',
      stderr: run.code === 0 ? run.stderr : '',
    });
    await this.patiently(
      `${module} is well after ${command}`,
      module,
      async () => (await this.isWell(module, await this.status(module))) || undefined,
    );
  }

  private async compared(module: ModuleName): Promise<number> {
    const before = (await this.status(module)).verify.checkedAt;
    await this.operator.act(module, 'verify', { repair: false });
    const { differences } = await this.patiently(`${module} is compared`, module, async () => {
      const { verify } = await this.status(module);
      return verify.running === null && verify.checkedAt !== before ? verify : undefined;
    });
    return differences;
  }

  private async isWell(
    module: ModuleName,
    { degraded, backfill, transition }: ModuleStatus,
  ): Promise<boolean> {
    if (degraded || transition || (backfill !== null && backfill.done < backfill.total)) return false;
    const [m, e] = await this.standings(module);
    return Boolean(m?.well && e?.well) && m?.epoch === e?.epoch && m?.below === e?.below;
  }

  private standings(module: ModuleName): Promise<Standing[]> {
    const sql = `
      select standing is null and fence_from is null and (not capture or proven_by = 'peer' and strangler.is_proven(o)) as well,
        epoch::float8 as epoch, extracted_below as below
      from strangler.ownership o where module = $1`;
    return Promise.all(
      bothSides.map(async (side) => {
        const rows = await this.premises.on<Standing>(this.urlOf(side, module), sql, [module]);
        return rows[0] as Standing;
      }),
    );
  }

  private status(module: ModuleName): Promise<ModuleStatus> {
    return this.operator.status(module);
  }

  /** Waits; a question that is not answered now is asked again. What did not happen is told with all that is known. */
  private patiently<T>(what: string, module: ModuleName, probe: () => Promise<T | undefined>): Promise<T> {
    let error: unknown;
    return until(what, () =>
      probe().catch((thrown: unknown) => {
        error = thrown;
        return undefined;
      }),
    ).catch(async (failure: unknown) => {
      const told = await this.status(module).catch(() => 'no status');
      const doctor = await this.operator.get(`/doctor?module=${module}`).catch(() => 'no doctor');
      const rows = await this.standings(module).catch(() => 'no rows');
      const said = [this.shop, this.services.get(module)].map((each) => each?.output().slice(-3_000));
      throw new Error(
        [failure, error, JSON.stringify({ told, rows, doctor }), ...said].map(String).join('\n'),
      );
    });
  }
}

const idOf = ({ module, key, epoch, at }: WriteSeen): string => `${module} ${key} ${epoch} ${at}`;

const urlOf = (servers: Readonly<Record<Side, OwnPostgres>>, side: Side, module?: ModuleName): string =>
  servers[side].database(side === 'monolith' ? 'shop' : (module ?? 'shop'));

const addresses = (servers: Readonly<Record<Side, OwnPostgres>>): Record<string, string> => ({
  DATABASE_URL: urlOf(servers, 'monolith'),
  ...Object.fromEntries(
    moduleNames.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, urlOf(servers, 'extracted', name)]),
  ),
});

const commandIn = (remedy: string): string | undefined => /strangler -- ([^;,]+)/.exec(remedy)?.[1];
