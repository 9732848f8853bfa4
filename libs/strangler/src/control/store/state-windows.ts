import type { Queryable } from '../../database/database.js';
import type { SparseSeries } from '../../evidence/series.js';
import { inSteps, rowsInSteps, stepped } from '../../evidence/stepped.js';
import type { TimeSteps } from '../../evidence/time-steps.js';

const slotMs = 10_000;

/** How the sides of a module stand. Null: neither of them says. */
export interface StateFigures {
  /** The larger of both directions, in ms. */
  lagMs: number | null;
  /** Changes on their way, in both directions. */
  pending: number | null;
  /** Share of the buckets that belong to `extracted`, 0 to 100. */
  percent: number;
}

/** How the sides of a module stood over time. Null: nobody looked. */
export interface StateSeries {
  lagMs: SparseSeries;
  pending: SparseSeries;
  percent: SparseSeries;
}

interface Slot extends StateFigures {
  /** Its number since 1970. */
  slot: number;
}

/** What the leader of a module sees of its sides, in slots of ten seconds: what a chart shows that is opened later. */
export class StateWindows {
  /** By module, what was seen in a slot that may go on. */
  private readonly open = new Map<string, Slot>();

  constructor(private readonly database: Queryable) {}

  /** Takes down what is so `now` (ms since 1970). It is written when its slot is over: once for each, however often one looks. */
  async see(module: string, figures: StateFigures, now: number): Promise<void> {
    const slot = Math.floor(now / slotMs);
    const last = this.open.get(module);
    const goesOn = last?.slot === slot;
    this.open.set(module, { slot, ...(goesOn ? largerOf(last, figures) : figures) });
    // A chart with a gap is no reason for a module to stand still.
    if (last && !goesOn) await this.write(module, last).catch(() => undefined);
  }

  async series(module: string, steps: TimeSteps): Promise<StateSeries> {
    const rows = await rowsInSteps<StateFigures>(this.database, stateSteps, module, steps);
    const of = (figure: keyof StateFigures) => inSteps(rows, steps, (found) => found?.[figure] ?? null);
    return { lagMs: of('lagMs'), pending: of('pending'), percent: of('percent') };
  }

  /** Another leader may have written a part of the slot. */
  private async write(module: string, { slot, lagMs, pending, percent }: Slot): Promise<void> {
    await this.database.query(
      `insert into strangler.state_window as w (module, slot, lag_ms, pending, percent)
       values ($1, to_timestamp($2::float8), $3, $4, $5)
       on conflict (module, slot) do update set lag_ms = greatest(w.lag_ms, excluded.lag_ms),
         pending = greatest(w.pending, excluded.pending), percent = excluded.percent`,
      [module, (slot * slotMs) / 1_000, lagMs, pending, percent],
    );
  }
}

const stateSteps = `
  select ${stepped.step}, max(lag_ms) as "lagMs", max(pending)::float8 as pending,
    (array_agg(percent order by slot desc))[1] as percent
  from strangler.state_window where ${stepped.within} group by step`;

/** The larger lag and number of both; the share as it is now. */
const largerOf = (before: StateFigures, { lagMs, pending, percent }: StateFigures): StateFigures => ({
  lagMs: largest([before.lagMs, lagMs]),
  pending: largest([before.pending, pending]),
  percent,
});

const largest = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};
