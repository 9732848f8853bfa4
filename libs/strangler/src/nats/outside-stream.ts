import { Logger } from '@nestjs/common';
import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  type PubAck,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStreamOptions } from './event-stream-options.js';
import type { NatsLink } from './link.js';
import type { Subjects } from './subjects.js';

const dayMs = 86_400_000;
const defaults = { maxAgeMs: 14 * dayMs, maxBytes: 2 ** 30 };

/** How long JetStream may take for an answer, in ms. */
const answerMs = 5_000;
/** How often the stream is looked at, and how long after it was lost, in ms. */
const lookEveryMs = 10_000;
const lookAgainMs = 1_000;
/** JetStream forgets the id of a message after this, in ms; no longer than it keeps a message. */
const duplicatesMs = 120_000;
/** Beside an event, the id in its header. */
const headerBytes = 256;
/** Acknowledgements may overtake each other by so many. */
const mostOutOfOrder = 1_000;

/** An event for the stream. */
export interface StreamMessage {
  readonly id: string;
  readonly type: string;
  readonly payload: string;
}

/** Whether the stream has it now; `lost`: whether it does is not known, and nothing more goes to this one. */
type Published = 'published' | 'too large' | 'lost';

/** The stream, as it was found: one that was wiped and made anew is another one. */
export interface OpenStream {
  /** A number of 31 bits. */
  readonly id: number;
  publish(message: StreamMessage): Promise<Published>;
}

interface Acknowledged {
  readonly created: string;
  readonly seq: number;
}

/**
 * The stream for outsiders, looked for in the background. Nobody waits for it. The monolith makes it where it is missing, and
 * its readers' consumers; a service looks for it only.
 */
export class OutsideStream {
  private readonly logger = new Logger(OutsideStream.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private found: OpenStream | undefined;
  private problem: string | undefined;
  private rouse: () => void = () => undefined;
  /** Of what was acknowledged, of the stream that was made then: one that has less has lost something. */
  private acknowledged: Acknowledged = { created: '', seq: 0 };
  /** Of a stream that has lost something without being made anew. */
  private losses = 0;

  constructor(
    private readonly link: NatsLink,
    private readonly options: EventStreamOptions,
    private readonly makes: boolean,
  ) {}

  get subjects(): Subjects {
    return this.link.subjects;
  }

  /** `undefined`: JetStream cannot be reached, or is not as it has to be. */
  get open(): OpenStream | undefined {
    return this.found;
  }

  /** Why there is none; `undefined`: there is, or it has not been looked for yet. */
  get trouble(): string | undefined {
    return this.problem;
  }

  start(): void {
    const { link } = this;
    link.start();
    link.onUp(() => this.rouse());
    link.onDown(() => this.lose(this.found, 'the connection to NATS is lost'));
    this.running = this.lookUntilStopped(link);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.found = undefined;
    this.rouse();
    await this.running;
  }

  private async lookUntilStopped(link: NatsLink): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const { current } = link;
      if (current) await this.look(current);
      await this.rest(this.found ? lookEveryMs : lookAgainMs);
    }
  }

  private async look(connection: NatsConnection): Promise<void> {
    const [before, known] = [this.found, this.acknowledged];
    try {
      const manager = await jetstreamManager(connection, { checkAPI: false, timeout: answerMs });
      const info = await this.infoOf(manager);
      const id = this.idOf(info, known);
      if (id === before?.id) return;
      if (this.makes) await this.makeReaders(manager);
      // Lost while it was looked at: it is looked at once more.
      if (connection !== this.link.current || before !== this.found) return;
      this.found = this.opened(connection, id);
      this.tell(undefined);
    } catch (error) {
      this.lose(this.found, (error as Error).message);
    }
  }

  private async infoOf(manager: JetStreamManager): Promise<StreamInfo> {
    const { name } = this.options;
    const wanted = this.config();
    const info = await manager.streams.info(name).catch((error: unknown) => {
      if (!(error instanceof JetStreamApiError) || error.code !== JetStreamApiCodes.StreamNotFound)
        throw error;
      if (!this.makes) throw new Error(`there is no stream ${name}: the monolith makes it`);
      return manager.streams.add({ name, ...wanted });
    });
    const { config } = info;
    const subject = wanted.subjects[0]!;
    if (!config.subjects?.includes(subject))
      throw new Error(`the stream ${name} has other subjects than ${subject}: name another one`);
    const fits = config.max_age === wanted.max_age && config.max_bytes === wanted.max_bytes;
    return fits || !this.makes ? info : manager.streams.update(name, { ...config, ...wanted });
  }

  private config() {
    const { maxAgeMs = defaults.maxAgeMs, maxBytes = defaults.maxBytes } = this.options;
    return {
      subjects: [this.subjectOf('>')],
      max_age: nanos(maxAgeMs),
      max_bytes: maxBytes,
      duplicate_window: nanos(Math.min(duplicatesMs, maxAgeMs)),
    };
  }

  /** One event at a time, so that they keep their order when one is delivered again. */
  private async makeReaders(manager: JetStreamManager): Promise<void> {
    const { name, readers = {} } = this.options;
    for (const [reader, types] of Object.entries(readers)) {
      const config = {
        ...{ durable_name: reader, ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All },
        ...{ max_ack_pending: 1, filter_subject: this.subjectOf(types) },
      };
      await manager.consumers
        .add(name, config)
        .catch((error: unknown) =>
          this.logger.warn(`the consumer ${reader} of ${name} could not be made: ${String(error)}`),
        );
    }
  }

  private subjectOf(types: string): string {
    return this.subjects.events(types);
  }

  /** @param known of what was acknowledged before the stream was asked: later messages may overtake its answer */
  private idOf({ created, state }: StreamInfo, known: Acknowledged): number {
    if (this.acknowledged.created !== created) this.acknowledged = { created, seq: 0 };
    if (known.created === created && state.last_seq < known.seq) {
      this.losses++;
      this.acknowledged = { created, seq: state.last_seq };
      this.logger.warn(`the stream ${this.options.name} has lost events that it had acknowledged`);
    }
    return createHash('sha256').update(`${created} ${this.losses}`).digest().readUInt32BE() >>> 1;
  }

  private opened(connection: NatsConnection, id: number): OpenStream {
    const client = jetstream(connection, { timeout: answerMs });
    const mostBytes = connection.info?.max_payload ?? Infinity;
    const open: OpenStream = {
      id,
      publish: async ({ id: msgID, type, payload }) => {
        if (Buffer.byteLength(payload) + headerBytes > mostBytes) return 'too large';
        if (this.found !== open) return 'lost';
        return client.publish(this.subjectOf(type), payload, { msgID }).then(
          (ack) => this.take(open, ack),
          (error: unknown) => this.lose(open, (error as Error).message),
        );
      },
    };
    return open;
  }

  private take(open: OpenStream, { stream, seq, duplicate }: PubAck): Published {
    const { name } = this.options;
    if (stream !== name) return this.lose(open, `the stream ${stream} takes what is for ${name}`);
    if (duplicate) return 'published';
    // Its numbers began anew: somebody has deleted it, and somebody has made it.
    if (seq <= this.acknowledged.seq - mostOutOfOrder)
      return this.lose(open, `the stream ${name} was made anew`);
    const { created, seq: before } = this.acknowledged;
    this.acknowledged = { created, seq: Math.max(before, seq) };
    return 'published';
  }

  /** It is looked for again. */
  private lose(open: OpenStream | undefined, why: string): 'lost' {
    if (open === this.found) {
      this.found = undefined;
      this.tell(why);
      this.rouse();
    }
    return 'lost';
  }

  /** Says once what is wrong, and that it is not any more. */
  private tell(problem: string | undefined): void {
    const { name } = this.options;
    if (problem === this.problem && problem !== undefined) return;
    this.problem = problem;
    if (this.stopping.signal.aborted) return;
    if (problem === undefined) this.logger.log(`publishes events to the stream ${name} of JetStream`);
    else this.logger.warn(`publishes no events to JetStream, which wait: ${problem}`);
  }

  private async rest(ms: number): Promise<void> {
    const woken = new AbortController();
    this.rouse = () => woken.abort();
    await sleep(ms, undefined, { signal: AbortSignal.any([woken.signal, this.stopping.signal]) }).catch(
      () => undefined,
    );
  }
}
