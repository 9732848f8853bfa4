import type { ApplyReply } from '#strangler/engine/replication/frame';
import type { Side } from '../state.js';
import type { Message } from './real-relay.js';
import type { Sides, Steps } from './sides.js';
import type { Strangers } from './strangers.js';

/** A batch on its way, or an answer. */
export interface OnItsWay extends Message {
  from: Side;
  start: string;
  reply?: ApplyReply;
}

/** How the model names a message: whose, of which start, at which place. */
interface Name {
  from: number;
  start: number;
  position: number;
}

/** Batches and answers that are on their way, and what becomes of those that arrive. */
export class Messages {
  batches: OnItsWay[] = [];
  replies: OnItsWay[] = [];

  constructor(
    private readonly sides: Sides,
    private readonly strangers: Strangers,
  ) {}

  begin(): void {
    this.batches = [];
    this.replies = [];
  }

  readonly steps: Steps = {
    receive: async (_, { about, before }) => {
      const message = this.take(this.batches, before.batches[about.index!]!, about.again);
      const reply = await this.sides.peer(message.from).receiver.apply(message.frame);
      this.replies.push({ ...message, reply });
    },
    'foreign database receives': async (_, { about, before }) => {
      const message = this.take(this.batches, before.batches[about.index!]!);
      this.replies.push({ ...message, reply: await this.strangers.receive(message.frame) });
    },
    'receive from another shop': (side) =>
      this.strangers.sendTo(this.sides.at(side), this.sides.peer(side), 'another shop'),
    'receive rows of an own bucket': (side) =>
      this.strangers.sendTo(this.sides.at(side), this.sides.peer(side), 'its peer'),
  };

  /** The real one of a message of the model. */
  find(
    among: OnItsWay[],
    { from, position, start }: Name,
    startOf = this.sides.startOf,
  ): OnItsWay | undefined {
    return among.find(
      (one) =>
        one.from === from &&
        this.sides.leaps.position(one.from, one.position) === position &&
        one.start === startOf.get(start),
    );
  }

  /** `again`: another one like it is on its way. */
  take(among: OnItsWay[], of: Name, again = false): OnItsWay {
    const found = this.find(among, of);
    if (!found) throw new Error(`there is no message ${of.position} of ${of.from}`);
    if (!again) among.splice(among.indexOf(found), 1);
    return found;
  }
}
