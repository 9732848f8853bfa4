import {
  headers,
  NoRespondersError,
  nuid,
  RequestError,
  type Msg,
  type NatsConnection,
} from '@nats-io/transport-node';
import { NobodyServesError, type Answer, type Peer, type Question } from '../continuity/peer.js';
import { otherSide, type Side } from '../phase.js';
import type { NatsLink } from '../rpc/link.js';
import { anyDatabase } from '../rpc/subjects.js';
import type { Receiver } from './apply.js';
import type { ApplyReply, Send } from './frame.js';

/** A batch that is not answered within so many ms is sent again. */
const patienceMs = 2_000;
/** How long a side waits for the connection, and for an answer to a question, in ms: a customer's write waits for it. */
const askMs = 1_000;
/** Who answers a question that is for nobody in particular answers within so many ms. */
const allMs = 250;
/** The message is a question of the other side; else it is a batch. */
const questionHeader = 'Question';
/** A frame that is too large for one message is fetched by its receiver: how many pieces there are, and of which batch. */
const piecesHeader = 'Pieces';
const batchHeader = 'Pieces-Of';
/** More are no batch of ours. */
const mostPieces = 64;

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
  return link.listen((connection) => {
    const listen = (to: string, queue?: string) =>
      connection.subscribe(subjects.replicate({ module, side, database: to }), {
        ...(queue && { queue }),
        // Whoever is not answered asks again.
        callback: (error, message) =>
          void (error ?? answer(connection, message, to === database).catch(() => undefined)),
      });
    return [listen(database, side), listen(anyDatabase)];
  });
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

/** The other side of a module, over NATS. */
export function remotePeer(link: NatsLink, module: string, side: Side): Peer {
  const subjectOf = (to: string | null) =>
    link.subjects.replicate({ module, side, database: to ?? anyDatabase });
  const asking = () => {
    const told = headers();
    told.set(questionHeader, 'yes');
    return told;
  };
  const connected = async (): Promise<NatsConnection> => {
    const connection = await link.connected(askMs);
    if (!connection) throw new Error(link.trouble ?? 'there is no connection to NATS');
    return connection;
  };
  return {
    ask: async (question, to) => {
      const connection = await connected();
      const how = { timeout: askMs, headers: asking() };
      try {
        return (await connection.request(subjectOf(to), JSON.stringify(question), how)).json<Answer>();
      } catch (error) {
        if (!(error instanceof RequestError && error.isNoResponders())) throw error;
        throw new NobodyServesError(`nobody answers at ${subjectOf(to)}`, { cause: error });
      }
    },
    askAll: async (question) => {
      const connection = await connected();
      const how = { strategy: 'timer' as const, maxWait: allMs, headers: asking() };
      const answers: Answer[] = [];
      try {
        const asked = await connection.requestMany(subjectOf(null), JSON.stringify(question), how);
        for await (const message of asked) answers.push(message.json<Answer>());
      } catch (error) {
        // That nobody is there is an answer, too.
        if (!(error instanceof NoRespondersError)) throw error;
      }
      return answers;
    },
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
    callback: (_error, message) => {
      const from = Number(message.string()) * size;
      message.respond(frame.subarray(from, from + size));
    },
  });
  try {
    const told = headers();
    told.set(piecesHeader, String(Math.ceil(frame.length / size)));
    told.set(batchHeader, batch);
    const message = await connection.request(subject, '', { timeout: patienceMs, headers: told });
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
  const asked = Array.from({ length: count }, (_, at) =>
    connection.request(piecesAt(batch), String(at), { timeout: patienceMs }),
  );
  return Buffer.concat((await Promise.all(asked)).map((piece) => piece.data));
}
