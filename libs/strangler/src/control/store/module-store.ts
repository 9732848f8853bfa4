import type { Database } from '../../database/database.js';
import { History, type NewEntry } from './history.js';
import type { ModuleRow, RowChange, Wanted } from './module-row.js';
import { completed, type ModuleSettings } from '../config/settings.js';

const time = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

const columns = `module, phase, percent,
  json_build_object('phase', wanted_phase, 'percent', wanted_percent, 'by', wanted_by, 'actor', wanted_actor,
    'since', ${time('wanted_since')}) as wanted,
  filed, sources, approved, outages, paused, pause_reason as "pauseReason", settings, transition, override, lost, ${time('phase_since')} as "phaseSince",
  ${time('step_since')} as "stepSince", version::float8 as version`;

/** The rows of the controller. Every change is a compare-and-set on the row's version. */
export class ModuleStore {
  readonly history: History;

  constructor(private readonly database: Database) {
    this.history = new History(database);
  }

  /** Makes the module's row if there is none yet: on `monolith`, and to stay there. */
  async ensure(module: string, settings: ModuleSettings, now: number): Promise<void> {
    await this.database.query(
      `insert into strangler.module (module, settings, wanted_since, phase_since, step_since)
       select $1, $2, at, at, at from to_timestamp($3::float8 / 1000) at on conflict (module) do nothing`,
      [module, JSON.stringify(settings), now],
    );
  }

  /** What time it is, by the one clock that all processes share, in ms since 1970. */
  async now(): Promise<number> {
    const [row] = await this.database.query<{ now: number }>(`select ${time('clock_timestamp()')} as now`);
    return row!.now;
  }

  /** @throws when the module has no row. */
  async read(module: string): Promise<ModuleRow> {
    const [row] = await this.database.query<ModuleRow>(
      `select ${columns} from strangler.module where module = $1`,
      [module],
      { prepared: true },
    );
    if (!row) throw new Error(`${module} has no row in strangler.module`);
    return complete(row);
  }

  /**
   * Changes the row as it was read, and tells of it in the history, in one transaction. Undefined: somebody else was
   * faster, and nothing happened.
   */
  async change(row: ModuleRow, change: RowChange, ...entries: NewEntry[]): Promise<ModuleRow | undefined> {
    const next = { ...row, ...change };
    const written = await this.database.transaction(async (q) => {
      const [changed] = await q.query<ModuleRow>(update, [row.module, row.version, ...valuesOf(next)]);
      if (changed) for (const entry of entries) await this.history.add(entry, q);
      return changed && complete(changed);
    });
    if (written) for (const entry of entries) this.history.log(entry);
    return written;
  }

  /**
   * Changes the row whoever else changes it at the same time: reads it and decides anew until it succeeds. `decide`
   * answers undefined when there is nothing to change any more.
   */
  async amend(
    module: string,
    decide: (row: ModuleRow) => { change: RowChange; entries?: NewEntry[] } | undefined,
  ): Promise<ModuleRow | undefined> {
    for (;;) {
      const row = await this.read(module);
      const decided = decide(row);
      if (!decided) return undefined;
      const changed = await this.change(row, decided.change, ...(decided.entries ?? []));
      if (changed) return changed;
    }
  }
}

/** What an older release has stored lacks the settings that it did not know. */
const complete = (row: ModuleRow): ModuleRow => ({ ...row, settings: completed(row.settings) });

const update = `update strangler.module set phase = $3, percent = $4, wanted_phase = $5, wanted_percent = $6, wanted_by = $7,
    wanted_actor = $8, wanted_since = to_timestamp($9::float8 / 1000), paused = $10, pause_reason = $11, settings = $12,
    transition = $13, override = $14, lost = $15, phase_since = to_timestamp($16::float8 / 1000),
    step_since = to_timestamp($17::float8 / 1000), filed = $18, sources = $19, approved = $20, outages = $21
  where module = $1 and version = $2
  returning ${columns}`;

function valuesOf(row: ModuleRow): unknown[] {
  const { phase, percent, by, actor, since }: Wanted = row.wanted;
  return [
    row.phase,
    row.percent,
    ...[phase, percent, by, actor, since],
    row.paused,
    row.pauseReason,
    JSON.stringify(row.settings),
    jsonOf(row.transition),
    jsonOf(row.override),
    jsonOf(row.lost),
    row.phaseSince,
    row.stepSince,
    jsonOf(row.filed),
    JSON.stringify(row.sources),
    JSON.stringify(row.approved),
    JSON.stringify(row.outages),
  ];
}

const jsonOf = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));
