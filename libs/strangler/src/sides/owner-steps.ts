import { setTimeout as sleep } from 'node:timers/promises';
import type { MovingTable } from '../database/tables.js';
import { tableStates } from '../engine/ownership/captured.js';
import type { OldWriter } from '../engine/ownership/old-writers.js';
import type { When } from '../engine/ownership/ownership.js';
import { advancingSequences } from '../engine/ownership/sequences.js';
import { gapsOf } from '../engine/ownership/table-problems.js';
import { backfillStates } from '../engine/replication/backfill.js';
import type { SideParts } from './parts.js';
import type { Drained, SideControl } from './side.js';

/** How often an outbox is asked whether it is drained, and for how long at a time, in ms. */
const drainPollMs = 1;
const drainWatchMs = 500;
/** A transaction that is open for longer is an old writer, in ms. */
const writersMs = 300;

type Steps = Pick<
  SideControl,
  | ('mayShift' | 'oldWriters' | 'fence' | 'drained' | 'own' | 'release' | 'raise')
  | ('adopt' | 'takeOver' | 'serveUnproven' | 'giveUp' | 'takeWhole')
>;

/**
 * What the controller has one side do when owners change. A step whose answer was lost is found done when it comes again; an epoch that it
 * leads to is written down in the witness before it is answered.
 */
export class OwnerSteps implements Steps {
  private readonly name: string;

  /** `wake`: has the outbox sent at once. */
  constructor(
    private readonly of: SideParts,
    private readonly capture: { readonly tables: readonly MovingTable[] },
    private readonly wake: () => void,
  ) {
    this.name = of.module.module;
  }

  mayShift({ version, may }: { version: number; may: boolean }): Promise<boolean> {
    return this.of.ownership.setMayShift(this.name, version, may);
  }

  oldWriters(): Promise<OldWriter[]> {
    return this.of.ownership.oldWriters(this.name, writersMs);
  }

  async fence({ epoch, from, to, ...when }: Parameters<Steps['fence']>[0]): Promise<number | null> {
    const { database, ownership, witness } = this.of;
    if (!(await ownership.fence(this.name, epoch, { from, to }, when))) {
      const row = await ownership.read(this.name);
      if (row.epoch !== epoch + 1 || row.fenceFrom !== from || row.fenceTo !== to) return null;
      // Ours, its answer was lost.
      await ownership.emptied(this.name, when.writersMs);
    }
    witness?.sawEpoch(epoch + 1);
    await this.assertCaptured();
    const [row] = await database.query<{ highest: number }>(
      'select coalesce(max(id + count - 1), 0) as highest from strangler.outbox where module = $1',
      [this.name],
    );
    this.wake();
    return row?.highest ?? 0;
  }

  /**
   * Behind a fence, once the writers inside are gone: what has been written without capture since the last look, or is yet to be copied, no
   * drained outbox tells of. @throws naming it.
   */
  private async assertCaptured(): Promise<void> {
    const { database, module, side, ownership } = this.of;
    if (!(await ownership.read(this.name)).capture) return;
    // In this order: a table that is new is captured and about to be copied in one transaction.
    const gaps = gapsOf(side, await tableStates(database, module));
    const copying = (await backfillStates(database, this.name)).filter(({ done }) => !done);
    const found = [...gaps, ...copying.map(({ table }) => `the table ${table} is still being copied`)];
    if (found.length > 0) throw new Error(found.join('; '));
  }

  async drained(of: Parameters<Steps['drained']>[0]): Promise<Drained | null> {
    const until = performance.now() + drainWatchMs;
    for (;;) {
      const [found] = await this.of.database.query<Drained & { same: boolean }>(
        `select ($5::text is null or $5 = strangler.start_text(strangler.server_start()))
             and ($6::bigint is null or $6 = r.life) as same,
           case when r.confirmed_term is not null
             then json_build_object('term', r.confirmed_term, 'seq', r.confirmed_seq) end as confirmed,
           not strangler.outbox_holds($1, $3, $4, $2) as done
         from strangler.ownership o left join strangler.relay r using (module) where o.module = $1`,
        [this.name, of.upTo, of.from, of.to, of.start ?? null, of.life ?? null],
      );
      if (!found?.same) return null;
      const { done, confirmed } = found;
      if (done || performance.now() > until) return { done, confirmed };
      await sleep(drainPollMs);
    }
  }

  async own({ epoch, extractedBelow, ...when }: Parameters<Steps['own']>[0]): Promise<boolean> {
    const { ownership } = this.of;
    const how = { ...when, tables: this.capture.tables };
    if (await ownership.own(this.name, epoch, extractedBelow, how)) return this.saw(epoch + 1);
    const row = await ownership.read(this.name);
    const owns = row.epoch === epoch + 1 && row.extractedBelow === extractedBelow && row.fenceTo === null;
    return owns && this.saw(epoch + 1);
  }

  release({
    epoch,
    extractedBelow,
    ...when
  }: { epoch: number; extractedBelow: number } & When): Promise<boolean> {
    return this.of.ownership.release(this.name, epoch, extractedBelow, when);
  }

  async raise({ epoch, to }: { epoch: number; to: number }): Promise<boolean> {
    const { ownership } = this.of;
    if (await ownership.raise(this.name, epoch, to)) return this.saw(to);
    const row = await ownership.read(this.name);
    return row.epoch === to && row.fenceTo === null && this.saw(to);
  }

  adopt({ epoch }: { epoch: number }): Promise<boolean> {
    return this.of.ownership.adopt(this.name, epoch);
  }

  async takeOver({ epoch }: { epoch: number }): Promise<boolean> {
    await this.advanceSequences();
    return this.of.continuity.takeOver(epoch, this.capture.tables);
  }

  serveUnproven({ start }: { start: string }): Promise<boolean> {
    return this.of.continuity.serveUnproven(start);
  }

  async giveUp({ epoch }: { epoch: number }): Promise<boolean> {
    const gave = await this.of.continuity.giveUp(epoch);
    return gave && this.saw(epoch);
  }

  async takeWhole({ epoch }: { epoch: number }): Promise<boolean> {
    await this.advanceSequences();
    const takes = await this.of.continuity.takeWhole(epoch, this.capture.tables);
    return takes && this.saw(epoch);
  }

  /** First: nobody writes here yet. Where this side does not take over, that a sequence is ahead does no harm. */
  private async advanceSequences(): Promise<void> {
    const { database } = this.of;
    await database.together(await advancingSequences(database, this.capture.tables));
  }

  /** Written down before it is answered. */
  private saw(epoch: number): true {
    this.of.witness?.sawEpoch(epoch);
    return true;
  }
}
