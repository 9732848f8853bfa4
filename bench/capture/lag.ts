import type { WrittenRows } from '#strangler/database/acknowledger';
import type { Closing } from '#platform';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Deliveries } from '#strangler/engine/replication/deliveries';
import { latenciesOf } from '#sample';
import type { Ways } from '../depot/captured.js';
import { anySale, sell } from '../depot/sell.js';
import type { Figure } from '../report.js';
import { median, type Contender } from '../rounds.js';
import { changesIn } from '#strangler/engine/replication/changes';

/** p99 at most, in ms, by transactions per second. */
const goals: Readonly<Record<number, number>> = { 200: 8, 800: 12 };
const deadlineMs = 10_000;

/**
 * Transactions that begin so many times a second, whatever became of those before. For each row: how long after the
 * answer to the commit the other side had confirmed it.
 */
export class Lag implements Contender {
  readonly name: string;
  /** For each round, in ms. */
  private readonly rounds: number[][] = [];
  private readonly pool: pg.Pool;

  constructor(
    private readonly perSecond: number,
    { here }: Ways,
    private readonly deliveries: Deliveries,
    closing: Closing,
  ) {
    this.name = `lag at ${perSecond} transactions/s`;
    this.pool = new pg.Pool({ connectionString: here, max: 16, idleTimeoutMillis: 0 });
    closing.add(() => this.pool.end());
  }

  async rate(ms: number): Promise<number> {
    const lags: number[] = [];
    this.rounds.push(lags);
    const count = Math.round((ms * this.perSecond) / 1_000);
    const begun = performance.now();
    const sales: Promise<void>[] = [];
    for (let n = 0; n < count; n++) {
      const early = begun + (n * 1_000) / this.perSecond - performance.now();
      if (early > 0) await sleep(early);
      sales.push(this.sell(lags));
    }
    await Promise.all(sales);
    return (count / (performance.now() - begun)) * 1_000;
  }

  /** Medians of the rounds but for the first, the warm-up: one stumble of the machine does not decide. */
  figures(): Figure[] {
    const rounds = this.rounds.slice(1).map(latenciesOf);
    const of = (percentile: 'p50' | 'p99') => median(rounds.map((round) => round[percentile] ?? NaN));
    const goal = goals[this.perSecond];
    return [
      { figure: `${this.name}: p50, ms`, reached: of('p50') },
      { figure: `${this.name}: p99, ms`, reached: of('p99'), ...(goal && { atMost: goal }) },
    ];
  }

  private async sell(lags: number[]): Promise<void> {
    const client = await this.pool.connect();
    let ids: number[] = [];
    let start = '';
    await sell(client, anySale(), async () => {
      const { rows } = await client.query<{ ids: string; start: string }>(
        `select current_setting('strangler.outbox') as ids, strangler.start_text(strangler.server_start()) as start`,
      );
      ({ start } = rows[0]!);
      ids = changesIn(rows[0]!.ids);
    });
    const committed = performance.now();
    client.release();
    await Promise.all(ids.map((id) => this.arrival({ ids: [id], start }, committed, lags)));
  }

  private async arrival(rows: WrittenRows, committed: number, lags: number[]): Promise<void> {
    const outcome = await this.deliveries.whenStored(rows, deadlineMs);
    if (outcome !== 'stored') throw new Error('the other side does not confirm');
    lags.push(performance.now() - committed);
  }
}
