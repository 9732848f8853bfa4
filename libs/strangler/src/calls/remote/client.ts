import { ValidationError } from '../../contract/errors.js';
import { createInbox, InvalidArgumentError, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { traced, tracer } from '../../database/tracing.js';
import type { PreparedOperation } from '../../contract/operation.js';
import type { Side } from '../../routes/phase.js';
import { spanOf } from '../call-span.js';
import type { RemoteCalls, RemoteOptions } from '../side-calls.js';
import type { Routes } from '../../routes/routes.js';
import { decodeReply, encodeHeaders } from './codec.js';
import { failureOf, OutgoingCalls, type OutgoingCall, type Unanswered } from './outgoing-calls.js';
import { heard, type NatsLink } from '../../nats/link.js';
import { Addresses } from './addresses.js';
import { rehearsalBeside } from '../../nats/subjects.js';
import { atEndOfTurn } from '../../nats/end-of-turn.js';
import { wholeOf } from '../../nats/pieces.js';

/** How long a call waits for a side that nobody serves (a restart, a flip) before it says so, in ms. */
const absenceMs = 1_000;
const askAgainMs = 50;
/** So much longer than its deadline a call may wait, in ms. */
const lookMs = 10;

type Ended = Msg | Unanswered;
type Settle = (end: Ended) => void;

/** Who waits, and by `performance.now()` until when. */
interface Waiting {
  readonly settle: Settle;
  readonly deadline: number;
}

const absent = Promise.resolve<Ended>('absent');

/**
 * Calls over NATS request/reply. All replies come through one subscription and are told apart by a number in the
 * reply subject, like the client library's own `request()`, but without its per-request iterator, error object and
 * flush: twice as many calls in the same time (`npm run bench -- rpc`).
 *
 * @internal
 */
export class NatsCalls implements RemoteCalls {
  private readonly outgoing: OutgoingCalls;
  private readonly addresses: Addresses;
  private readonly waiting = new Map<string, Waiting>();
  private timer: NodeJS.Timeout | undefined;
  private inbox = '';
  private next = 0;

  constructor(
    private readonly link: NatsLink,
    routes: Routes,
  ) {
    this.outgoing = new OutgoingCalls(routes, link.keys);
    this.addresses = new Addresses(link.subjects, routes);
    link.onConnection((connection) => this.listen(connection));
    link.onDown(() => this.lose());
  }

  /**
   * @throws {UnavailableError} when nothing was done: no connection, nobody there, one of another shop, or a query without answer.
   * @throws {OutcomeUnknownError} when a command gave no answer in time.
   */
  call(operation: PreparedOperation, side: Side, input: unknown, options: RemoteOptions): Promise<unknown> {
    const by = tracer();
    if (!by) return this.begin(operation, side, input, options);
    return traced(by, spanOf('ask', operation, side), () => this.begin(operation, side, input, options));
  }

  private begin(
    operation: PreparedOperation,
    side: Side,
    input: unknown,
    options: RemoteOptions,
  ): Promise<unknown> {
    try {
      return this.send(operation, side, input, options);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  // Of a small call over NATS promises are the largest part: here is one for the answer, and one for what is made of it.
  private send(
    operation: PreparedOperation,
    side: Side,
    input: unknown,
    options: RemoteOptions,
  ): Promise<unknown> {
    const call = this.outgoing.prepare(operation, side, input, options);
    const payload = JSON.stringify(call.input);
    const headers = encodeHeaders(call.headers);
    const { deadline } = call.headers;
    const ask = () => {
      // Each time anew: whom it is for may have become known meanwhile, or another one.
      const subject = this.addresses.of(operation, side);
      if (subject === undefined) return absent;
      return this.ask(call.isRehearsal ? rehearsalBeside(subject) : subject, payload, headers, deadline);
    };
    const conclude = (ended: Ended): unknown => {
      if (typeof ended === 'object' && !ended.reply) return this.answerIn(ended, call);
      if (ended === 'absent' || typeof ended === 'object') return goOn(ended);
      throw failureOf(call, ended);
    };
    const goOn = async (ended: Msg | 'absent'): Promise<unknown> => {
      const present = ended === 'absent' ? await untilPresent(deadline, ask) : ended;
      const whole =
        typeof present === 'object' && present.reply ? await this.rest(present, deadline) : present;
      if (typeof whole === 'object') return this.answerIn(whole, call);
      throw failureOf(call, whole);
    };
    return ask().then(conclude);
  }

  /** The answer of which the first piece is there. */
  private async rest(first: Msg, deadline: number): Promise<Pick<Msg, 'json'> | 'late' | 'lost'> {
    const connection = this.link.current;
    if (!connection) return 'lost';
    return wholeOf(connection, first, () => deadline - performance.now()).catch(() => 'late' as const);
  }

  private answerIn(message: Pick<Msg, 'json'>, { operation, servedBy }: OutgoingCall): unknown {
    try {
      return decodeReply(message, servedBy);
    } catch (error) {
      throw this.outgoing.understood(error, operation.module);
    }
  }

  private ask(
    subject: string,
    payload: string,
    headers: ReturnType<typeof encodeHeaders>,
    deadline: number,
  ): Promise<Ended> {
    const connection = this.link.current;
    if (!connection || connection.isClosed()) return Promise.resolve('absent');
    return new Promise((resolve, reject) => {
      const number = (this.next++).toString(36);
      const settle: Settle = (end) => {
        this.waiting.delete(number);
        resolve(isAbsence(end) ? 'absent' : end);
      };
      this.waiting.set(number, { settle, deadline });
      this.watch();
      atEndOfTurn(() => {
        // Meanwhile the connection may have been lost: nothing is sent for whom that has been told.
        if (!this.waiting.has(number)) return;
        try {
          connection.publish(subject, payload, { reply: `${this.inbox}.${number}`, headers });
        } catch (error) {
          // Nothing was sent. It was too large; or else the connection has been closed this moment.
          if (error instanceof InvalidArgumentError) reject(tooLarge(payload, connection));
          settle('absent');
        }
      });
    });
  }

  /** One timer for all who wait: one each would cost more than to look at them all. */
  private watch(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const now = performance.now();
      for (const { settle, deadline } of this.waiting.values()) if (deadline <= now) settle('late');
      if (this.waiting.size > 0) this.watch();
    }, lookMs);
  }

  private listen(connection: NatsConnection): void {
    this.inbox = createInbox(this.link.inboxPrefix);
    const prefix = this.inbox.length + 1;
    connection.subscribe(`${this.inbox}.*`, {
      callback: heard((message) => this.waiting.get(message.subject.slice(prefix))?.settle(message)),
    });
  }

  /** Replies to a lost connection never arrive: waiting for them would only cost time. */
  private lose(): void {
    for (const { settle } of [...this.waiting.values()]) settle('lost');
  }
}

/** Asks again while nobody is there. */
async function untilPresent(deadline: number, ask: () => Promise<Ended>): Promise<Ended> {
  const giveUpAt = Math.min(deadline, performance.now() + absenceMs);
  for (;;) {
    if (performance.now() >= giveUpAt) return 'absent';
    await sleep(askAgainMs);
    const ended = await ask();
    if (ended !== 'absent') return ended;
  }
}

/** NATS itself answers so when nobody listens on the subject: the call was not delivered. */
const isAbsence = (end: Ended): boolean =>
  typeof end === 'object' && end.data.length === 0 && end.headers?.code === 503;

const tooLarge = (payload: string, { info }: NatsConnection): ValidationError =>
  new ValidationError([
    `the input has ${Buffer.byteLength(payload)} bytes and headers: larger than NATS carries (${info?.max_payload}): send less at a time`,
  ]);
