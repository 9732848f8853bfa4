/** How one request ended. `unknown`: it may have taken effect. */
export type Outcome = 'ok' | 'refused' | 'unknown';

/** One request of one client, as it saw it. */
export interface Event {
  client: number;
  /** `order`, `cancel`, `read` … */
  operation: string;
  /** What it was about: an idempotency key, an order, a product. */
  subject: string;
  /** ms since the load began. */
  began: number;
  ended: number;
  outcome: Outcome;
  status: number;
  detail: string;
}

/** Everything that clients did and were told, in the order in which it ended. */
export class History {
  readonly events: Event[] = [];
  private readonly start = performance.now();

  constructor(readonly seed: number) {}

  now(): number {
    return performance.now() - this.start;
  }

  add(event: Omit<Event, 'ended'>): void {
    this.events.push({ ...event, ended: this.now() });
  }

  of(operation: string, outcome?: Outcome): Event[] {
    return this.events.filter((e) => e.operation === operation && (!outcome || e.outcome === outcome));
  }

  /** The last events about what went wrong, for the message of a failed test. */
  text(subjects: readonly string[] = []): string {
    const about = this.events.filter((e) => subjects.length === 0 || subjects.includes(e.subject));
    const lines = about.slice(-60).map((e) => {
      const time = `${e.began.toFixed(0)}–${e.ended.toFixed(0)} ms`;
      return `  ${time}  client ${e.client}  ${e.operation} ${e.subject}: ${e.outcome} ${e.status} ${e.detail}`;
    });
    return [`seed ${this.seed}, ${this.events.length} requests`, ...lines].join('\n');
  }
}
