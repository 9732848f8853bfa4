import { InvalidArgumentError, type Msg, type NatsConnection } from '@nats-io/transport-node';

/** A header: who asks with it takes an answer in pieces. Processes of a release before do not. */
export const takesPieces = 'Takes-Pieces';

/** No answer is larger, in bytes: both processes keep all of it in memory. */
export const mostAnswerBytes = 16 * 1_048_576;

/** How long whoever answers waits until the next piece is asked for, in ms. */
const patienceMs = 5_000;

/** A message that is answered. */
type Asked = Pick<Msg, 'reply' | 'headers' | 'respond'>;

/**
 * Answers, in pieces where one message does not carry it. Each piece but the last has a subject to reply to, where the next one is asked
 * for: so one of them is on its way at a time, they come from this very process, and who may only answer when he is asked may send them.
 * False: nothing was sent, for it is too large even so, or whoever asked takes no pieces. @throws when he does not ask for the next one.
 */
export async function respondWith(
  connection: NatsConnection | undefined,
  message: Asked,
  answer: string,
): Promise<boolean> {
  try {
    message.respond(answer);
    return true;
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const bytes = Buffer.from(answer);
    if (!connection || !message.headers?.get(takesPieces) || bytes.length > mostAnswerBytes) return false;
    await inPieces(connection, message, bytes);
    return true;
  }
}

async function inPieces(connection: NatsConnection, { reply }: Asked, bytes: Buffer): Promise<void> {
  const size = connection.info!.max_payload;
  let to = reply ?? '';
  let at = 0;
  for (; at + size < bytes.length; at += size) {
    const next = await connection.request(to, bytes.subarray(at, at + size), { timeout: patienceMs });
    to = next.reply ?? '';
  }
  connection.publish(to, bytes.subarray(at));
}

/** The whole answer of which this is the first message. `timeLeft`: in ms. @throws when a piece does not come in time. */
export async function wholeOf(
  connection: NatsConnection,
  first: Msg,
  timeLeft: () => number,
): Promise<Pick<Msg, 'json'>> {
  if (!first.reply) return first;
  const pieces = [first.data];
  let bytes = first.data.length;
  let reply: string | undefined = first.reply;
  while (reply) {
    const piece: Msg = await connection.request(reply, '', { timeout: Math.max(1, timeLeft()) });
    pieces.push(piece.data);
    bytes += piece.data.length;
    if (bytes > mostAnswerBytes) throw new Error(`an answer of more than ${mostAnswerBytes} bytes`);
    reply = piece.reply;
  }
  return { json: <T>() => JSON.parse(Buffer.concat(pieces).toString()) as T };
}

/** What is wrong with an answer that does not go over, and what to do. */
export const answerTooLarge = (of: string, answer: string): string =>
  `the answer of ${of} has ${Buffer.byteLength(answer)} bytes, more than NATS carries: ask for less at a time`;
