import { randomUUID } from 'node:crypto';
import { decodeFrame, encodeFrame, type ApplyReply, type Batch } from '#strangler/engine/replication/frame';
import type { RealSide } from './real-side.js';
import { cells, sideName } from './real-side.js';
import { keysOf } from './keys.js';
import { owned } from '../ownership.js';
import type { Database, Side } from '../state.js';

/** A database of another shop on the same NATS, and a peer that is wrong about what it owns. */
export class Strangers {
  constructor(private readonly other: RealSide) {}

  /** It takes what is not addressed to it. */
  async receive(frame: Uint8Array): Promise<ApplyReply> {
    const { start, life } = decodeFrame(frame).origin;
    // Both servers' starts are the same where both databases are on one server.
    await this.other.database.query(
      'update strangler.ownership set capture = true, peer = gen_random_uuid(), peer_start = $1, asks = false',
      [start],
    );
    await this.other.database.query('update strangler.ownership set proven_start = strangler.server_start()');
    await this.other.database.query('delete from strangler.applied');
    await this.other.database.query(
      `insert into strangler.applied (module, term, seq, life) values ('cells', 1, 1, $1)`,
      [life],
    );
    return this.other.receiver.apply(frame);
  }

  /** A batch with empty rows, which nobody may store. */
  async sendTo(to: RealSide, peer: RealSide, who: 'another shop' | 'its peer'): Promise<void> {
    const [mine, his] = [await to.store.read(), await peer.store.read()];
    const { epoch, extractedBelow: below, fenceFrom, fenceTo } = his;
    const all = owned({ below: mine.extractedBelow / 5_000 } as Database, to.side);
    const codes = keysOf(who === 'its peer' ? all : ~all & 3);
    const batch: Batch = {
      module: cells.module,
      ...{ term: 1_000, seq: 1, mode: 'upsert', after: null, ids: [] },
      origin: {
        from: who === 'its peer' ? his.database : randomUUID(),
        to: mine.database,
        start: mine.peerStart ?? his.start,
        life: mine.appliedLife ?? 0,
        confirmed: null,
        complete: false,
        claims: { side: sideName((1 - to.side) as Side), epoch, below, fenceFrom, fenceTo },
      },
      parts: [
        {
          ...{ kind: 'rows', table: 'cell', columns: ['code', 'seen'] },
          text: JSON.stringify(codes.map((code) => ({ code, seen: '0' }))),
        },
      ],
    };
    await to.receiver.apply(encodeFrame(batch));
  }
}
