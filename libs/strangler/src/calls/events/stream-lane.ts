import type { OutsideStream, OpenStream } from '../../nats/outside-stream.js';
import { cloudEvent } from './cloud-event.js';
import type { DueKey, HandledKey, LoggedEvent } from './event-log.js';
import { Lane, reached, type InHand, type LaneOptions } from './lane.js';
import type { EventSubscriber } from './subscribers.js';

/**
 * Publishes a module's events to JetStream: many keys at a time, and of a key the next one when JetStream has acknowledged the one before.
 * While JetStream is away nothing is asked for, and nothing is written.
 */
export class StreamLane extends Lane {
  constructor(
    options: LaneOptions<EventSubscriber>,
    private readonly events: OutsideStream,
  ) {
    super(options);
  }

  override get isReady(): boolean {
    return this.events.open !== undefined;
  }

  override get stream(): number | undefined {
    return this.events.open?.id;
  }

  protected override begin(due: readonly DueKey[], stream: number | undefined): readonly InHand[] {
    const { open } = this.events;
    // It was lost, or is another one, since they were read: they are due still.
    if (!open || open.id !== stream) return [];
    return due.map((each) => ({ keys: [each], done: this.handle(each, open) }));
  }

  private async handle(each: DueKey, open: OpenStream): Promise<void> {
    await this.layDown(each.key, await this.published(each, open));
    this.options.moved();
  }

  /** What came of it; `undefined`: nothing. */
  private async published(due: DueKey, open: OpenStream): Promise<HandledKey | undefined> {
    const { key, from, generation, events, tries, failures } = due;
    const handled = { key, from, generation, stream: open.id };
    let { seq } = due;
    for (const event of events) {
      const outcome = await open.publish(this.messageOf(key, event));
      if (outcome === 'lost') return seq === due.seq ? undefined : { ...handled, seq };
      if (outcome === 'too large') {
        const error = `event ${event.seq} is larger than NATS takes (max_payload)`;
        const problem = { error, tries: tries + 1, failures: failures + 1, retryMs: null };
        return { ...handled, seq, problem };
      }
      ({ seq } = event);
    }
    return { ...handled, seq: reached(due) };
  }

  private messageOf(key: string, event: LoggedEvent) {
    const { log } = this.options;
    const said = cloudEvent(this.events.subjects, log.module, key, event);
    return { id: event.id, type: event.type, payload: JSON.stringify(said) };
  }
}
