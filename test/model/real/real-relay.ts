import { decodeFrame, type ApplyReply, type Batch, type Mode } from '#strangler/engine/replication/frame';
import { Leadership } from '#strangler/engine/replication/relay-loop';
import { Heartbeat } from '#strangler/engine/replication/heartbeat';
import type { BatchRead } from '#strangler/engine/replication/read-batch';
import type { BatchSize } from '#strangler/engine/replication/batch-size';
import type { RelaySession, Term } from '#strangler/engine/replication/relay-session';
import { at } from '../state.js';
import { cells, type RealSide } from './real-side.js';

/** What a leadership does by itself, one after the other: here a test says when. */
interface Parts {
  source: { size: BatchSize; mode: Mode; rewind(batch: BatchRead): void };
  sender: {
    seq: number;
    after: { term: number; seq: number } | null;
    post(batch: BatchRead, mode: Mode): Promise<ApplyReply>;
  };
  unconfirmed: { batch: BatchRead; seq: number } | undefined;
  read(inFlight: string): Promise<BatchRead>;
  confirmFormer(): Promise<void>;
  afterStored(batch: BatchRead): Promise<void>;
  fillAnew(batch: BatchRead): Promise<void>;
  recover(batch: BatchRead): Promise<void>;
}

/** A message on its way, with what has been sent. */
export interface Message {
  frame: Uint8Array;
  batch: Batch;
  position: number;
}

export type Deliveries = { stored(ids: readonly number[], start: string): void };

/** The real leadership of a relay, step by step. */
export class RealRelay {
  private readonly parts: Parts;
  private sent: Message | undefined;
  private flight:
    | { batch: BatchRead; position: number; answer: (reply: ApplyReply) => void; heard: Promise<ApplyReply> }
    | undefined;
  private answer: (reply: ApplyReply) => void = () => undefined;

  private constructor(
    side: RealSide,
    readonly own: Term,
    readonly start: string,
    session: RelaySession,
    deliveries: Deliveries,
  ) {
    const { database, tables, reader, witness } = side;
    const nothing = () => undefined;
    this.parts = new Leadership(session, own, {
      ...{ database, module: cells.module, tables, reader, witness },
      deliveries: { ...deliveries, recovered: nothing, look: nothing, forget: nothing } as never,
      pulse: new Heartbeat(2 ** 30, nothing),
      ...{ bytes: 1_000_000, rowBytes: 1_000_000, batchRows: 2_000, heartbeatMs: 2 ** 30 },
      send: (frame) =>
        new Promise((resolve) => {
          const batch = decodeFrame(frame);
          this.sent = { frame, batch, position: at(batch.term, batch.seq) };
          this.answer = resolve;
        }),
      log: nothing,
      prove: () => Promise.resolve(false),
      compare: () => Promise.resolve(true),
      doubt: () => Promise.resolve(false),
    }) as unknown as Parts;
    // A step of its own in the model.
    this.parts.recover = () => Promise.resolve();
  }

  static async lead(side: RealSide, start: string, deliveries: Deliveries): Promise<RealRelay> {
    const session = side.sessions[side.turn]!;
    const own = await session.takeTerm();
    if (!own) throw new Error('the side has not proven itself, and does not lead');
    return new RealRelay(side, own, start, session, deliveries);
  }

  get seq(): number {
    return this.parts.sender.seq;
  }

  get after(): number {
    const { after } = this.parts.sender;
    return after ? at(after.term, after.seq) : 0;
  }

  get unconfirmed(): number {
    const { unconfirmed } = this.parts;
    return unconfirmed ? at(this.own.term, unconfirmed.seq) : 0;
  }

  get inFlight(): number {
    return this.flight?.position ?? 0;
  }

  /** Reads so much of the outbox and of the table, and sends it. */
  async send({ changes, rows, ends }: { changes: number; rows: number; ends: boolean }): Promise<Message> {
    const { parts } = this;
    const size = { ...parts.source.size, rows: changes, chunkRows: 0, only: null };
    const inFlight = parts.unconfirmed?.batch.ids ?? '{}';
    // The first look tells where the backfill stands.
    if (rows > 0 || ends) {
      parts.source.size = { ...size, rows: 0 };
      await parts.read(inFlight);
    }
    parts.source.size = { ...size, chunkRows: rows > 0 || ends ? rows + (ends ? 1 : 0) : 0 };
    const batch = await parts.read(inFlight);
    const heard = parts.sender.post(batch, parts.source.mode);
    const { sent, answer } = this;
    if (!sent) throw new Error('nothing was sent');
    this.flight = { batch, position: sent.position, answer, heard };
    return sent;
  }

  timesOut(): void {
    if (!this.flight) return;
    const { batch, answer } = this.flight;
    this.flight = undefined;
    answer({ outcome: 'retry', reason: 'no answer' });
    this.parts.source.rewind(batch);
  }

  /** An answer arrives; whether it may go on. */
  async hears(reply: ApplyReply): Promise<boolean> {
    const { batch, answer, heard } = this.flight!;
    this.flight = undefined;
    answer(reply);
    const known = await heard;
    if (known.outcome === 'stored') {
      const former = this.parts.unconfirmed;
      await this.parts.afterStored(batch);
      if (former) this.parts.unconfirmed = former;
      return true;
    }
    if (known.outcome === 'behind') await this.parts.fillAnew(batch).catch(superseded);
    return false;
  }

  async confirms(): Promise<void> {
    await this.parts.confirmFormer().catch(superseded);
    this.parts.unconfirmed = undefined;
  }
}

/** Another one leads: that is an end, and no failure. */
function superseded(error: unknown): void {
  if ((error as Error).constructor.name !== 'Superseded') throw error;
}
