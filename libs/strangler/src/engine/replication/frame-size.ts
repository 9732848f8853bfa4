/** What of a frame's size may go to its first line, in bytes. */
const headBytes = 8_192;
/** A frame is fetched in so many messages at most: processes of a release before take no more. */
export const mostPieces = 64;
/** Of them so many are for one row, so many bytes at most; the others for what is sent along with it. */
const piecesOfRow = 48;
const mostRowBytes = 48 * 1_048_576;
/** A batch stays smaller, however large NATS takes messages: two processes keep some of them in memory. */
const mostBatchBytes = 1_048_576;

/** What a frame may hold, in bytes. */
export interface FrameSize {
  /** Rows of a batch: that it is one message. The first row is sent also where it alone is larger. */
  bytes: number;
  /** One row; a larger one is set aside. */
  rowBytes: number;
}

/** `maxPayload`: what one message carries, in bytes; `named`: the names of all columns, which the head tells up to twice. */
export function frameSize(maxPayload: number, named: number): FrameSize {
  const head = headBytes + 2 * named;
  const message = Math.min(maxPayload, mostBatchBytes);
  return {
    // A head of very many names goes in pieces itself.
    bytes: Math.max(message >> 1, message - head),
    rowBytes: Math.max(message >> 1, Math.min(piecesOfRow * maxPayload, mostRowBytes) - head),
  };
}
