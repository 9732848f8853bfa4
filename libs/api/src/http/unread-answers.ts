import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerDue } from './answer-due.js';

/** How slowly an answer may be taken. */
export interface LeastRate {
  /** Over so much time of waiting it is judged, in ms: a pause is no harm. */
  readonly overMs: number;
  readonly bytesPerS: number;
}

/** Since when an answer waits for its client, in ms of a clock that nobody sets, and what was taken of the connection until then. */
interface Wait {
  readonly since: number;
  readonly taken: number;
}

const ended = new WeakSet<Socket>();

/** Whether a connection was ended because nobody took its answer. */
export const wasUnread = (socket: Socket): boolean => ended.has(socket);

/**
 * Ends connections whose clients do not take their answers: each holds one of those that all share. It looks at all of them now and then,
 * and costs a request nothing.
 */
export class UnreadAnswers {
  /** Connections that were ended, since the start. */
  ended = 0;
  private readonly open = new Map<Socket, Wait | undefined>();

  /** `isOurs`: of others that are not whole yet somebody else looks after. */
  constructor(
    private readonly least: LeastRate,
    private readonly isOurs: (answer: ServerResponse) => boolean,
  ) {}

  /** `event`: that of a connection on which HTTP is spoken. */
  follow(server: Server, event: 'connection' | 'secureConnection', lookMs: number): void {
    server.on(event, (socket: Socket) => {
      this.open.set(socket, undefined);
      socket.once('close', () => this.open.delete(socket));
    });
    server.once('listening', () => {
      const timer = setInterval(() => this.look(performance.now()), lookMs).unref();
      server.once('close', () => clearInterval(timer));
    });
  }

  private look(now: number): void {
    for (const [socket, wait] of this.open) {
      if (!this.waits(socket)) this.open.set(socket, undefined);
      else if (!wait) this.open.set(socket, { since: now, taken: takenOf(socket) });
      else if (now - wait.since >= this.least.overMs) this.judge(socket, wait, now);
    }
  }

  private judge(socket: Socket, { since, taken }: Wait, now: number): void {
    const takenNow = takenOf(socket);
    if ((takenNow - taken) * 1_000 >= this.least.bytesPerS * (now - since))
      return void this.open.set(socket, { since: now, taken: takenNow });
    this.ended += 1;
    ended.add(socket);
    // What the kernel has taken for the client would stay there for minutes.
    below(socket).resetAndDestroy();
  }

  private waits(socket: Socket): boolean {
    if (socket.writableLength === 0) return false;
    const answer = answerDue(socket);
    return answer !== undefined && (answer.writableEnded || this.isOurs(answer));
  }
}

/** Bytes of a connection that the kernel has taken. What Node counts as written may still wait in its own queue. */
function takenOf(socket: Socket): number {
  const tcp = below(socket);
  return tcp.bytesWritten - ((tcp as { _handle?: { writeQueueSize: number } })._handle?.writeQueueSize ?? 0);
}

/** The connection under TLS, whose queue moves when the client takes something; TLS's own does when it has taken all. */
const below = (socket: Socket): Socket => (socket as { _parent?: Socket | null })._parent ?? socket;
