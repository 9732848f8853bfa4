import type { Msg, Subscription } from '@nats-io/transport-node';
import type { Side } from '../phase.js';
import type { NatsLink } from '../rpc/link.js';
import type { Receiver } from './apply.js';
import type { ApplyReply, Send } from './frame.js';

/** A batch that is not answered within so many ms is sent again. */
const patienceMs = 2_000;

const subjectOf = (module: string, side: Side): string => `replicate.${module}.${side}`;

/** Stores what comes for the module on this side; the processes of a side share the work. Returns the way to stop. */
export function serveReplication(
  link: NatsLink,
  module: string,
  side: Side,
  receiver: Pick<Receiver, 'apply'>,
): () => void {
  let subscription: Subscription | undefined;
  let stopped = false;
  const answer = async (message: Msg) => {
    const reply = await receiver.apply(message.data);
    // Without a connection nobody is left to be answered; the sender asks again.
    if (link.current) message.respond(JSON.stringify(reply));
  };
  link.onConnection((connection) => {
    if (stopped) return;
    subscription = connection.subscribe(subjectOf(module, side), {
      queue: side,
      callback: (error, message) => void (error ?? answer(message)),
    });
  });
  return () => {
    stopped = true;
    subscription?.unsubscribe();
  };
}

/** Sends to the other side over NATS. Rejects when it does not answer in time, or cannot be reached. */
export function sendTo(link: NatsLink, module: string, otherSide: Side): Send {
  const subject = subjectOf(module, otherSide);
  return async (frame) => {
    const connection = link.current;
    if (!connection) throw new Error('there is no connection to NATS');
    const message = await connection.request(subject, frame, { timeout: patienceMs });
    return message.json<ApplyReply>();
  };
}
