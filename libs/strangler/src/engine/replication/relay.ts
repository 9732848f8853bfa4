import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WitnessFile } from '../identity/witness-file.js';
import type { Database } from '../../database/database.js';
import type { Side } from '../../routes/phase.js';
import { formOf, type MovingTable } from '../../database/tables.js';
import type { Deliveries } from './deliveries.js';
import { frameSize } from './frame-size.js';
import type { Send } from './frame.js';
import { Leadership, Superseded, TablesChanged } from './relay-loop.js';
import { Heartbeat } from './heartbeat.js';
import { BatchReader } from './read-batch.js';
import { RelaySession } from './relay-session.js';
import { columnsSent } from '../../database/row-sql.js';
import { messageOf } from './error-class.js';

/** How often a process that does not lead tries to, in ms. */
const electionMs = 250;
/** How long to wait after a lost leadership, in ms, doubling. */
const backOffMs = { from: 50, to: 2_000 };

const no = () => Promise.resolve(false);
const yes = () => Promise.resolve(true);

/** What a relay sends, whereto, and how patiently; times in ms. */
export interface RelayOptions {
  database: Database;
  module: string;
  /** The side that sends. */
  side: Side;
  tables: readonly MovingTable[];
  /** The tables as the catalogue has them now: each leadership asks. Left out: they do not change. */
  describe?: (() => Promise<readonly MovingTable[]>) | undefined;
  send: Send;
  deliveries: Deliveries;
  /** What one message can carry, in bytes, as it is known now. */
  maxPayload: () => number;
  /** Rows in a batch at most. */
  batchRows?: number;
  /** A batch goes out at least so often, if need be an empty one: then the copy knows that it is fresh. */
  heartbeatMs?: number;
  /** Without a confirmation for so long the module is degraded. */
  degradedAfterMs?: number;
  /** Has this side prove itself; whether it may send. */
  prove?: () => Promise<boolean>;
  /** Has it ask the other side anew what that one has; whether nothing is missing here. */
  compare?: () => Promise<boolean>;
  /** This database lacks what it had confirmed: it is to take no write before it has proven itself. */
  doubt?: () => Promise<boolean>;
  /** What was stored is written down there before anybody is told. */
  witness?: Pick<WitnessFile, 'stored' | 'follow'> | undefined;
}

/** What a relay asks of its side. */
export type RelayProofs = Pick<Required<RelayOptions>, 'prove' | 'compare' | 'doubt'>;

/** How the relay of this process is doing. */
export interface RelayStatus {
  /** It sends; the others stand by. */
  leading: boolean;
  /** Of its leadership; null: it does not lead. */
  term: number | null;
  /** Age of the last confirmation, in ms. */
  silentMs: number | null;
  /** What goes wrong now. */
  trouble: string | null;
}

/**
 * Carries a module's changes to the other side: one relay leads, those in other processes stand by. Runs until it is
 * stopped, whatever fails meanwhile.
 */
export class Relay {
  private readonly logger: Logger;
  private readonly pulse: Heartbeat;
  private stopping = new AbortController();
  private running: Promise<void> | undefined;
  private session: RelaySession | undefined;
  private term: number | null = null;

  constructor(private readonly options: RelayOptions) {
    const { module, deliveries, degradedAfterMs = 1_000 } = options;
    this.logger = new Logger(`${Relay.name} ${module}`);
    this.pulse = new Heartbeat(degradedAfterMs, (reason, silentMs) => {
      this.logger.warn(`degraded: ${reason}`);
      void deliveries.degrade(reason, silentMs);
    });
  }

  start(): void {
    if (this.running) return;
    this.stopping = new AbortController();
    this.running = this.leadUntilStopped();
  }

  /** Resolves when nothing of it runs any more. A batch that is under way may still be stored. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.session?.close();
    await this.running;
    this.pulse.stop();
    this.running = undefined;
  }

  /** There is something to do; writers in the database wake it by themselves. */
  wake(): void {
    this.session?.wake();
  }

  status(): RelayStatus {
    const { term, pulse } = this;
    return { leading: term !== null, term, silentMs: pulse.silentMs, trouble: pulse.trouble ?? null };
  }

  private async leadUntilStopped(): Promise<void> {
    const { signal } = this.stopping;
    for (let waitMs = backOffMs.from; !signal.aborted;) {
      const before = performance.now();
      await this.lead().catch((error: unknown) => this.note(error));
      if (performance.now() - before > backOffMs.to) waitMs = backOffMs.from;
      await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      waitMs = Math.min(backOffMs.to, waitMs * 2);
    }
  }

  private async lead(): Promise<void> {
    const { database, module, deliveries } = this.options;
    const session = (this.session = await RelaySession.open(database, module));
    try {
      while (!(await session.tryLead())) {
        this.pulse.stop();
        if (this.stopping.signal.aborted) return;
        await this.follow(session);
        await session.pause(electionMs);
      }
      const own = await session.takeTerm();
      if (!own) return await this.unproven();
      if (this.stopping.signal.aborted) return;
      this.term = own.term;
      this.pulse.start();
      deliveries.lead(true);
      const tables = (await this.options.describe?.()) ?? this.options.tables;
      await new Leadership(session, own, this.forLeadership(tables)).run();
    } finally {
      this.term = null;
      deliveries.lead(false);
      session.close();
    }
  }

  private async follow(session: RelaySession): Promise<void> {
    const { witness, module } = this.options;
    const confirmed = witness && (await session.confirmed());
    if (!confirmed || !witness.follow(confirmed)) return;
    this.logger.warn(
      `the process that sends ${module} writes another witness file: that of this one is given up; let all share one`,
    );
  }

  private async unproven(): Promise<void> {
    const { prove } = this.options;
    if (!(await prove?.())) this.pulse.trouble = 'this side has not proven itself';
  }

  private forLeadership(tables: readonly MovingTable[]): ConstructorParameters<typeof Leadership>[2] {
    const { database, module, side, describe, send, deliveries, maxPayload } = this.options;
    const { batchRows = 2_000, heartbeatMs = 300 } = this.options;
    const { pulse } = this;
    const reader = new BatchReader(module, side, tables);
    const form = describe && formOf(tables);
    // The head names the columns of each table, up to twice.
    const named = JSON.stringify(
      tables.map((table) => columnsSent(table, side).map(([name]) => name)),
    ).length;
    const { prove = no, compare = yes, doubt = no, witness } = this.options;
    const log = (message: string) => this.logger.log(message);
    const parts = {
      database,
      module,
      tables,
      form,
      reader,
      send,
      deliveries,
      pulse,
      prove,
      compare,
      doubt,
      witness,
      log,
    };
    return { ...parts, ...frameSize(maxPayload(), named), batchRows, heartbeatMs };
  }

  private note(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    if (error instanceof TablesChanged)
      return this.logger.log('the tables have changed: they are described anew');
    if (!(error instanceof Superseded)) this.pulse.trouble = messageOf(error);
    this.logger.warn(`leads no more: ${messageOf(error)}`);
  }
}
