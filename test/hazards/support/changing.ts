import { SteadyClock } from '#strangler/control/terms/clock';
import { handOffProblems } from '#strangler/control/conditions/hand-off-problems';
import { defaultSettings } from '#strangler/control/config/settings';
import { handOff, planHandOff, type HandOffEnd } from '#strangler/control/steps/hand-off';
import { sides, type Side } from '#strangler/routes/phase';
import type { OwnerMigration } from '#strangler/database/tables';
import { directSides, parcels, type Sides } from '../../support/sides.js';
import { until } from '../../support/until.js';

/** A module that moves, whose schema changes meanwhile. */
export class Changing {
  private constructor(
    readonly both: Sides,
    /** What the release of now names. */
    readonly named: { tables: string[]; ownerMigrations: OwnerMigration[] },
  ) {}

  /** Both sides, captured and copied; `ddl` and `rows` come before. `tables`: by their names, those that the module has from the start. */
  static async open({
    ddl = '',
    rows = '',
    tables = {},
  }: { ddl?: string; rows?: string; tables?: Readonly<Record<string, string>> } = {}): Promise<Changing> {
    const named = { tables: ['parcel', ...Object.keys(tables)], ownerMigrations: [] };
    const both = await directSides({ ...parcels, ...named }, Object.values(tables).join(';'));
    const made = new Changing(both, named);
    await made.everywhere(ddl);
    await made.on('monolith', rows);
    await both.begin();
    return made;
  }

  on<T extends object>(side: Side, sql: string): Promise<T[]> {
    return this.both[side].query<T>(sql);
  }

  everywhere(sql: string): Promise<object[][]> {
    return Promise.all(sides.map((side) => this.on(side, sql)));
  }

  /** What stands against a hand-off. */
  async problems(): Promise<string> {
    return handOffProblems(await this.both.states(), { ...defaultSettings.gates, lagMs: 10_000 }).join('; ');
  }

  /** What the processes of both sides do twice a second. */
  async tend(): Promise<void> {
    await Promise.all(sides.map((side) => this.both[side].agent.tend()));
  }

  /** The sessions of those that send end, as with their processes; others take over. */
  async endRelays(): Promise<void> {
    await this.everywhere(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = strangler.relay_lock()::oid
       and database = (select oid from pg_database where datname = current_database())`,
    );
  }

  /** Nothing stands against a hand-off, and all has arrived. */
  async free(): Promise<void> {
    await until('a hand-off may begin', async () => {
      await this.both.drained();
      return (await this.problems()) === '' ? true : undefined;
    });
  }

  async move(below: number): Promise<HandOffEnd> {
    const plan = planHandOff(below, await this.both.states());
    return handOff(this.both.controls, plan, { clock: new SteadyClock(), drainMs: 5_000 });
  }

  /** The same, once nothing stands against it, and again until it is done. */
  async moveTo(below: number): Promise<void> {
    await until(`${below / 100} % are moved`, async () => {
      if ((await this.problems()) !== '') return undefined;
      return (await this.move(below)).outcome === 'done' ? true : undefined;
    });
  }

  rows(side: Side, table = 'parcel'): Promise<{ row: string }[]> {
    return this.on(side, `select row_to_json(t)::text as row from parcels.${table} t order by code`);
  }

  close(): Promise<void> {
    return this.both.close();
  }
}
