import type { Position } from '../identity/position.js';
import type { WitnessFile } from '../identity/witness-file.js';
import type { Deliveries } from './deliveries.js';
import { encodeFrame, type ApplyReply, type Mode, type Send } from './frame.js';
import { idsOf } from './ids.js';
import type { Heartbeat } from './heartbeat.js';
import { leavesNothing, type BatchRead } from './read-batch.js';
import type { RelaySession, Term } from './relay-session.js';
import { messageOf } from './error-class.js';

/** What a batch is sent with. */
export interface BatchSenderOptions {
  module: string;
  send: Send;
  deliveries: Deliveries;
  pulse: Heartbeat;
  /** ms between two batches at most. */
  heartbeatMs: number;
  witness: Pick<WitnessFile, 'stored'> | undefined;
}

/** Sends the batches of one term, each with its number, and writes down what the other side has before anybody is told. */
export class BatchSender {
  /** What the other side's clock said, in its last answer. */
  heard: string | null = null;
  private seq = 0;
  /** The last batch with content that was answered. */
  private after: Position | null;
  private sentAt = -Infinity;

  constructor(
    private readonly session: RelaySession,
    private readonly own: Term,
    private readonly options: BatchSenderOptions,
  ) {
    this.after = own.confirmed;
  }

  /** In how many ms a batch has to go out, if need be an empty one. */
  get dueIn(): number {
    return this.options.heartbeatMs - (performance.now() - this.sentAt);
  }

  /** The next batch goes out at once. */
  hurry(): void {
    this.sentAt = -Infinity;
  }

  /** The last one was stored, and had content: the next says that it comes after it. Answers its number. */
  follow(): number {
    this.after = { term: this.own.term, seq: this.seq };
    return this.seq;
  }

  /** Never rejects, and does not outlive the session. */
  post(batch: BatchRead, mode: Mode): Promise<ApplyReply> {
    const { module, send, deliveries, pulse } = this.options;
    const { origin, parts } = batch;
    const ids = idsOf(batch.ids);
    const { after, own } = this;
    const wholeAt = leavesNothing(batch) ? batch.wanted.heard : null;
    const seq = ++this.seq;
    this.sentAt = performance.now();
    const { gone } = this.session;
    return new Promise((resolve) => {
      const give = () => resolve({ outcome: 'retry', reason: 'the session of the relay has ended' });
      gone.addEventListener('abort', give, { once: true });
      void (async () =>
        send(
          encodeFrame({ module, term: own.term, seq, mode, origin, after, ids, wholeAt, parts }),
          origin.to ?? '',
        ))()
        .catch((error: unknown): ApplyReply => ({ outcome: 'retry', reason: messageOf(error) }))
        .then((reply) => {
          gone.removeEventListener('abort', give);
          if (reply.outcome === 'stored' && !this.isWritten(batch, seq)) return resolve(unwritten);
          if (reply.outcome === 'stored') {
            deliveries.stored(ids, origin.start);
            pulse.beat();
            this.heard = reply.at ?? null;
          }
          resolve(reply);
        });
    });
  }

  /** What is relied on is written down first. */
  private isWritten({ ids, chunk, origin: { start, confirmed, life } }: BatchRead, seq: number): boolean {
    const { witness } = this.options;
    if (!witness || (ids === '{}' && !chunk)) return true;
    return witness.stored(start, { term: this.own.term, seq, ids: idsOf(ids) }, confirmed, life);
  }
}

/** Nobody may go by it: not the waiters, nor who finds the rows gone. */
const unwritten: ApplyReply = {
  outcome: 'retry',
  reason: 'it cannot be written down what the other side has',
};
