import type { Position } from '../identity/position.js';
import type { ChunkRange } from '../verify/chunk.js';

/**
 * How a batch is stored. `replace`: all its rows are deleted first, and whoever stands in their way on a unique index;
 * for rows that have swapped unique values.
 */
export type Mode = 'upsert' | 'replace';

/** The buckets that the sender owned when it read a chunk: only there it may tell which rows are too many. */
export interface OwnedBuckets {
  side: 'monolith' | 'extracted';
  below: number;
  fenceFrom: number | null;
  fenceTo: number | null;
}

/** What the sender owns, and at which epoch. */
export interface Claims extends OwnedBuckets {
  epoch: number;
}

/** Who sends a batch, to whom, and what it has behind it; read in the batch's own snapshot. */
export interface BatchOrigin {
  /** The databases of the two sides. `to`: null, the sender is not paired. */
  from: string;
  to: string | null;
  /** The start of the sender's server. */
  start: string;
  /** Which filling of the copy this is. */
  life: number;
  /** The last position that the sender knows to be stored, as it is written down there; null: none in this life. */
  confirmed: Position | null;
  /** All that was there before capture has been stored. */
  complete: boolean;
  claims: Claims;
}

/** The types of columns at the sender, as `format_type` writes them. Left out where a transform makes the values, and by 0.2.0. */
export type Types = readonly string[] | undefined;

/** What the rows of one table in a batch are, and what is to be done with them. */
export type FramePart =
  /** Current images; a JSON array of objects whose values are all text or null. */
  | { kind: 'rows'; table: string; columns: string[]; types?: Types }
  /** Rows that are no more; a JSON array of `[primary key, routing key]`. */
  | { kind: 'gone'; table: string }
  /** Rows in the range of a chunk that it leaves out, for they cannot be stored; a JSON array of primary keys. */
  | { kind: 'aside'; table: string }
  /** All rows that the sender owns in a range of primary keys, as `rows`. */
  | {
      kind: 'chunk';
      table: string;
      columns: string[];
      types?: Types;
      range: Omit<ChunkRange, 'table'>;
      owned: OwnedBuckets;
    };

/** The head of a frame, apart from its parts. A batch without parts is a heartbeat. */
export interface BatchHead {
  module: string;
  /** The leadership of the relay that sent it, and the place of the batch in that. Together they only grow. */
  term: number;
  seq: number;
  mode: Mode;
  origin: BatchOrigin;
  /** The last batch with content that was answered; null: none in this life. A copy that lacks it is behind. */
  after: Position | null;
  /** Outbox rows that it carries. */
  ids: number[];
  /**
   * A moment of the receiver's clock (see `stored`) behind which it was read, and held all that there was. Null: it does not hold
   * all, or that moment is not known.
   */
  wholeAt?: string | null;
}

/** A part with its rows as PostgreSQL wrote them; they are never parsed in JavaScript. */
export type FilledPart = FramePart & { text: string };

/** A batch as its receiver has it: what it is, and its rows. */
export interface Batch extends BatchHead {
  parts: FilledPart[];
}

/** What the other side says to a batch, after it has committed. */
export type ApplyReply =
  /** `at`: when, by the clock of the receiver's database, as its text. */
  | { outcome: 'stored'; at?: string | undefined }
  /** A batch of this or a later term was stored already; `term` is that of the last one. */
  | { outcome: 'stale'; term: number }
  /** It belongs to another database: neither this batch nor any other is for it. */
  | { outcome: 'foreign'; reason: string }
  /** One of the two has started anew: it has to prove itself before rows go over. */
  | { outcome: 'hello first'; reason: string }
  /** The copy lacks what its sender has had confirmed: it is to be filled anew. */
  | { outcome: 'behind' }
  /** A unique index refuses the rows as they came. */
  | { outcome: 'conflict'; reason: string }
  /** One of its rows can never be stored. */
  | { outcome: 'poison'; reason: string }
  /** Nothing is wrong with the batch: send it again. */
  | {
      outcome: 'retry';
      reason: string;
      /** Rows of buckets that the other side owns are among them: so it stays, unless an owner changes. */
      owned?: boolean;
    };

/** Carries a frame to a database of the other side. Rejects when there is no answer: it may have been stored. */
export type Send = (frame: Uint8Array, to: string) => Promise<ApplyReply>;

/** The first line is JSON: the head, and each part with its length in bytes. Behind it the texts of the parts. */
export function encodeFrame({ parts, ...head }: Batch): Uint8Array {
  const listed = parts.map(({ text, ...part }) => ({ ...part, bytes: Buffer.byteLength(text) }));
  const first = `${JSON.stringify({ ...head, parts: listed })}\n`;
  const sizes = listed.map(({ bytes }) => bytes);
  // Written in place: of a large frame there is one copy.
  const frame = Buffer.allocUnsafe(sizes.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(first)));
  let at = 0;
  for (const text of [first, ...parts.map((part) => part.text)]) at += frame.write(text, at);
  return frame;
}

/** @throws when it is cut off. */
export function decodeFrame(frame: Uint8Array): Batch {
  const all = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  let at = all.indexOf('\n') + 1;
  const { parts, ...head } = JSON.parse(all.toString('utf8', 0, at)) as BatchHead & {
    parts: (FramePart & { bytes: number })[];
  };
  const filled = parts.map(({ bytes, ...part }) => {
    at += bytes;
    return { ...part, text: all.toString('utf8', at - bytes, at) };
  });
  if (at !== all.length) throw new Error(`a frame of ${all.length} bytes, where its head tells of ${at}`);
  return { ...head, parts: filled };
}
