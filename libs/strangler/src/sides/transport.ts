import { Logger } from '@nestjs/common';
import { headers, nuid, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { Answer, Question } from '../engine/identity/peer.js';
import { questionHeader } from './remote-peer.js';
import { described } from '../database/failure.js';
import { otherSide, type Side } from '../routes/phase.js';
import { heard, type NatsLink } from '../nats/link.js';
import { anyDatabase } from '../nats/subjects.js';
import type { Receiver } from '../engine/replication/apply.js';
import { mostPieces } from '../engine/replication/frame-size.js';
import type { ApplyReply, Send } from '../engine/replication/frame.js';

/** A batch that is not answered within so many ms is sent again. */
const patienceMs = 2_000;
/** A frame that is too large for one message is fetched by its receiver: how many pieces there are, and of which batch. */
const piecesHeader = 'Pieces';
const batchHeader = 'Pieces-Of';
/** A large one takes longer, in ms a piece; all in all less than a session of the relay may be idle. */
const pieceMs = 100;
/** So many are asked for at a time: NATS cuts off who takes what it has for him too slowly. */
const piecesAtOnce = 8;

/** What a side does with what the other side sends. */
export interface Receives {
  apply: Receiver['apply'];
  answer(question: Question): Promise<Answer>;
}

/**
 * Takes what comes for the module on this side of this database; its processes share the work. A question that names no database
 * is answered by each. Returns the way to stop.
 */
export function serveReplication(
  link: NatsLink,
  place: { module: string; side: Side; database: string },
  receiver: Receives,
): () => void {
  const { module, side, database } = place;
  const { subjects } = link;
  const sender = { module, side: otherSide(side), database: anyDatabase };
  const piecesAt = (batch: string) => subjects.pieces(sender, batch);
  const answer = async (connection: NatsConnection, message: Msg, addressed: boolean) => {
    const reply = message.headers?.get(questionHeader)
      ? await receiver.answer(message.json<Question>())
      : addressed && (await stored(connection, message, receiver, piecesAt));
    // Without a connection nobody is left to be answered; the sender asks again.
    if (reply && link.current) message.respond(JSON.stringify(reply));
  };
  const logger = new Logger(`${module}.${side}`);
  const failures = new Map<string, string>();
  // Whoever is not answered asks again, each second: said once, until it works again.
  const answerOrSay = (connection: NatsConnection, message: Msg, addressed: boolean): Promise<void> => {
    const what = message.headers?.get(questionHeader) ? 'question' : 'batch';
    return answer(connection, message, addressed).then(
      () => void failures.delete(what),
      (error: unknown) => {
        const kind = kindOf(error);
        if (failures.get(what) === kind) return;
        failures.set(what, kind);
        logger.warn({ msg: `a ${what} of the other side is not answered`, error: described(error) });
      },
    );
  };
  return link.listen((connection) => {
    const listen = (to: string, queue?: string) =>
      connection.subscribe(subjects.replicate({ module, side, database: to }), {
        ...(queue && { queue }),
        callback: heard((message) => void answerOrSay(connection, message, to === database)),
      });
    return [listen(database, side), listen(anyDatabase)];
  });
}

function kindOf(error: unknown): string {
  const { code, name } = error as { code?: string; name: string };
  return code ?? name;
}

const stored = (
  connection: NatsConnection,
  message: Msg,
  receiver: Pick<Receives, 'apply'>,
  piecesAt: (batch: string) => string,
): Promise<ApplyReply> =>
  frameOf(connection, message, piecesAt).then(
    (frame) => receiver.apply(frame),
    (error: unknown): ApplyReply => ({
      outcome: 'retry',
      reason: `the batch did not come: ${String(error)}`,
    }),
  );

/** Sends to the other side over NATS. Rejects when it does not answer in time, or cannot be reached. */
export function sendTo(link: NatsLink, module: string, side: Side): Send {
  const { subjects } = link;
  const own = { module, side: otherSide(side), database: anyDatabase };
  return async (frame, to) => {
    const subject = subjects.replicate({ module, side, database: to });
    const connection = link.current;
    if (!connection) throw new Error('there is no connection to NATS');
    const most = connection.info?.max_payload ?? frame.length;
    if (frame.length > most) {
      const batch = nuid.next();
      return offer(connection, { subject, batch, at: subjects.pieces(own, batch) }, frame, most);
    }
    const message = await connection.request(subject, frame, { timeout: patienceMs });
    return message.json<ApplyReply>();
  };
}

/** Lets the receiver fetch the frame from here, piece by piece: all of them have to reach the same process. */
async function offer(
  connection: NatsConnection,
  { subject, batch, at }: { subject: string; batch: string; at: string },
  frame: Uint8Array,
  size: number,
): Promise<ApplyReply> {
  const pieces = connection.subscribe(at, {
    callback: heard((message) => {
      const from = Number(message.string()) * size;
      message.respond(frame.subarray(from, from + size));
    }),
  });
  try {
    const told = headers();
    const count = Math.ceil(frame.length / size);
    told.set(piecesHeader, String(count));
    told.set(batchHeader, batch);
    const timeout = patienceMs + count * pieceMs;
    const message = await connection.request(subject, '', { timeout, headers: told });
    return message.json<ApplyReply>();
  } finally {
    pieces.unsubscribe();
  }
}

/** The frame that a message carries, or tells of. */
async function frameOf(
  connection: NatsConnection,
  { data, headers: told }: Msg,
  piecesAt: (batch: string) => string,
): Promise<Uint8Array> {
  const count = Number(told?.get(piecesHeader) || 0);
  if (count === 0) return data;
  if (!(count <= mostPieces)) throw new Error(`it is said to have ${count} pieces`);
  // A word, not a subject: nobody has us publish where he may not.
  const batch = told!.get(batchHeader);
  if (!/^\w+$/.test(batch)) throw new Error('its pieces are of no batch');
  const ask = (at: number) => connection.request(piecesAt(batch), String(at), { timeout: patienceMs });
  const pieces: Uint8Array[] = [];
  while (pieces.length < count) {
    const next = Array.from({ length: Math.min(piecesAtOnce, count - pieces.length) }, (_, place) =>
      ask(pieces.length + place),
    );
    pieces.push(...(await Promise.all(next)).map(({ data }) => data));
  }
  return Buffer.concat(pieces);
}
