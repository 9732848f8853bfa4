import type { Finding, ModuleStatus, Phase } from 'nestjs-strangler';
import { writeFile } from 'node:fs/promises';
import type { OperatorClient } from '../../support/operator.js';
import { runCli } from '../../support/run-cli.js';
import { moduleNames, type ModuleName, type OpenShop, type ShopSetup } from '../../support/shop.js';
import { pause, until } from '../../support/until.js';

export type Side = 'monolith' | 'extracted';
export const bothSides: readonly Side[] = ['monolith', 'extracted'];

/** Where a module is. */
export interface Place {
  phase: Phase;
  percent?: number;
}

/** In one step, watched for no time, without asking for traffic; a busy machine is no reason to wait. */
const atOnce = 'ramp: [100], bake: 0s, gates: { minSamples: 0, lagMs: 5000, p99Ratio: 1000, errorRate: 1 }';

/** How one module stands, by the rows of one database. */
interface Standing {
  well: boolean;
  proven: boolean;
  epoch: number;
  below: number;
}

/** All modules of a shop of real processes, as its operator sees them, and as the rows of both sides say. */
export abstract class MovingModules {
  /** What doctor said, and which command was taken from it, by module. */
  readonly advised = new Map<string, { said: string; command: string }>();
  abstract readonly setup: ShopSetup;
  protected abstract readonly operator: OperatorClient;
  /** Where customers and operators reach the shop. */
  protected abstract readonly place: Pick<OpenShop, 'url' | 'adminUrl'>;
  /** What it waits for may take so long, in ms; undefined: as long as anything may. */
  readonly patienceMs?: number;
  /** Whether a module rests is asked so often, in ms. */
  protected readonly lookMs: number = 0;
  /** The database of a side; of `extracted` each module has its own. */
  abstract urlOf(side: Side, module?: ModuleName): string;
  /** What the programs have printed that a module runs in. */
  protected abstract outputs(module: ModuleName): string[];

  /** Says in `strangler.yaml` where each module is to go. */
  async want(places: Readonly<Record<ModuleName, Place>>): Promise<void> {
    const lines = moduleNames.map((name) => {
      const { phase, percent } = places[name];
      const share = percent === undefined ? '' : `percent: ${percent}, `;
      return `  ${name}: { phase: ${phase}, ${share}${atOnce} }`;
    });
    await writeFile(this.setup.env['STRANGLER_CONFIG'] as string, `modules:\n${lines.join('\n')}\n`);
  }

  /** Waits until a module is there, both sides know each other, agree, and hold the same. */
  async restsAt(module: ModuleName, { phase, percent }: Place): Promise<void> {
    await this.patiently(`${module} rests at ${phase} ${percent ?? ''}`, module, async () => {
      const status = await this.status(module);
      const { ownership, readsPercent } = status;
      const share = ownership === 'whole' ? readsPercent : status.percent;
      const there = status.phase === phase && (percent ?? share) === share;
      if (
        there &&
        status.transition === null &&
        (phase === 'monolith' || (await this.isWell(module, status)))
      )
        return true;
      await pause(this.lookMs);
      return undefined;
    });
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

  /** What doctor says of a module. */
  async doctor(module: ModuleName): Promise<Finding[]> {
    return (await this.operator.get<{ items: Finding[] }>(`/doctor?module=${module}`)).body.items;
  }

  async history(module: ModuleName): Promise<string[]> {
    const entries = await this.operator.history(module);
    return entries.map(({ action, outcome, reason }) => `${action} ${outcome} ${reason ?? ''}`.trim());
  }

  /** Each module comes back by itself, or by the one command that doctor names. */
  async heal(): Promise<void> {
    await Promise.all(moduleNames.map((module) => this.healed(module)));
  }

  private async healed(module: ModuleName): Promise<void> {
    const found = await this.patiently(`${module} is well, or doctor names a command`, module, async () => {
      if (await this.isWell(module, await this.status(module))) return 'well' as const;
      const findings = await this.doctor(module);
      // Some are told to wait first.
      return findings.find(({ problem, remedy }) => lacks.test(problem) && commandIn(remedy));
    });
    if (found === 'well') return;
    const { problem, remedy } = found;
    const command = commandIn(remedy)!;
    this.advised.set(module, { said: `${problem}; ${remedy}`, command });
    await this.patiently(`${command} is done`, module, async () => {
      const refusal = await this.run(command);
      if (refusal === undefined) return true;
      // On a machine with much to do it is said again, as an operator would.
      if (!refusal.includes('does not answer')) throw new Error(`${command}: ${refusal}`);
      await pause(this.lookMs);
      return undefined;
    });
    await this.patiently(
      `${module} is well after ${command}`,
      module,
      async () => (await this.isWell(module, await this.status(module))) || undefined,
    );
  }

  /** Answers why it is refused; `undefined`: it is not. */
  private async run(command: string): Promise<string | undefined> {
    const { ADMIN_EMAIL = '', ADMIN_PASSWORD = '' } = this.setup.env;
    const { url: SHOP_URL, adminUrl: ADMIN_URL } = this.place;
    const env = { ADMIN_URL, SHOP_URL, ADMIN_EMAIL, ADMIN_PASSWORD };
    const { code, stderr } = await runCli(command.trim().split(' '), env);
    return code === 0 ? undefined : `exit code ${code}: ${stderr}`;
  }

  protected async compared(module: ModuleName): Promise<number> {
    const before = (await this.status(module)).verify.checkedAt;
    await this.operator.act(module, 'verify', { repair: false });
    const { differences } = await this.patiently(`${module} is compared`, module, async () => {
      const { verify } = await this.status(module);
      return verify.running === null && verify.checkedAt !== before ? verify : undefined;
    });
    return differences;
  }

  protected async isWell(
    module: ModuleName,
    { degraded, backfill, transition }: ModuleStatus,
  ): Promise<boolean> {
    if (degraded || transition || (backfill !== null && backfill.done < backfill.total)) return false;
    const [m, e] = await this.standings(module);
    return Boolean(m?.well && e?.well) && m?.epoch === e?.epoch && m?.below === e?.below;
  }

  protected standings(module: ModuleName): Promise<Standing[]> {
    const sql = `
      select standing is null and fence_from is null and (not capture or proven_by = 'peer' and strangler.is_proven(o)) as well,
        not capture or strangler.is_proven(o) as proven,
        epoch::float8 as epoch, extracted_below as below
      from strangler.ownership o where module = $1`;
    return Promise.all(
      bothSides.map(async (side) => {
        const rows = await this.setup.on<Standing>(this.urlOf(side, module), sql, [module]);
        return rows[0] as Standing;
      }),
    );
  }

  protected status(module: ModuleName): Promise<ModuleStatus> {
    return this.operator.status(module);
  }

  /** Waits; a question that is not answered now is asked again. What did not happen is told with all that is known. */
  protected patiently<T>(what: string, module: ModuleName, probe: () => Promise<T | undefined>): Promise<T> {
    let error: unknown;
    const asked = () =>
      probe().catch((thrown: unknown) => {
        error = thrown;
        return undefined;
      });
    return until(what, asked, this.patienceMs).catch(async (failure: unknown) => {
      const told = await this.status(module).catch(() => 'no status');
      const doctor = await this.operator.get(`/doctor?module=${module}`).catch(() => 'no doctor');
      const rows = await this.standings(module).catch(() => 'no rows');
      const said = this.outputs(module).map((output) => output.slice(-3_000));
      throw new Error(
        [failure, error, JSON.stringify({ told, rows, doctor }), ...said].map(String).join('\n'),
      );
    });
  }
}

/** In its place, or in another one. */
const lacks = /was put back|it lacks something/;

const commandIn = (remedy: string): string | undefined => /strangler -- ([^;,]+)/.exec(remedy)?.[1];

/** What logs have of customers' requests that were answered with 500. */
export function faultsIn(logs: readonly string[]): string[] {
  const lines = logs.flatMap((log) => log.split('\n'));
  const answered = lines.filter((line) => line.includes('"status":500') && line.includes('"path":"/api/'));
  const ids = answered.flatMap((line) => /"requestId":"([^"]+)"/.exec(line)?.[1] ?? []);
  return lines.filter((line) => ids.some((id) => line.includes(id)));
}
