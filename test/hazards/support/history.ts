import { firstViolation, type Model, type Operation, type RegisterStep } from './linearizable.js';

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
  /** What it wrote under a key, or was told of one. */
  register?: { key: string; step: RegisterStep } | undefined;
}

/**
 * What a shop says of a key is what was written last; undefined: before the load. An order that waits for its payment is decided
 * without its customer.
 */
const shopKey: Model<string | null | undefined, RegisterStep> = {
  initial: undefined,
  next: (value, step) => {
    if ('write' in step) return [step.write];
    const decided = value === 'pending_payment' && ['confirmed', 'cancelled'].includes(step.read ?? '');
    return value === undefined || step.read === value || decided ? [step.read] : [];
  },
  reads: (step) => 'read' in step,
};

/** Everything that clients did and were told, in the order in which it ended. */
export class History {
  readonly events: Event[] = [];
  /** By `performance.now()`; all times of events are since then. */
  readonly start = performance.now();

  constructor(readonly seed: number) {}

  now(): number {
    return performance.now() - this.start;
  }

  add(event: Omit<Event, 'ended'>): void {
    this.events.push({ ...event, ended: this.now() });
  }

  /** What was told in these events is not known any more. Answers which they were. */
  doubt(isDoubtful: (event: Event) => boolean): Event[] {
    const doubted = this.events.filter((event) => event.outcome === 'ok' && isDoubtful(event));
    for (const event of doubted) event.outcome = 'unknown';
    return doubted;
  }

  of(operation: string, outcome?: Outcome): Event[] {
    return this.events.filter((e) => e.operation === operation && (!outcome || e.outcome === outcome));
  }

  /** By key, what was written and read. What was refused has changed nothing. */
  registers(): Map<string, Operation<RegisterStep>[]> {
    const byKey = new Map<string, Operation<RegisterStep>[]>();
    for (const { register, outcome, began, ended } of this.events) {
      if (!register || ('write' in register.step && outcome === 'refused')) continue;
      const { key, step } = register;
      const certain = outcome !== 'unknown';
      const operation = { step, invoked: began, returned: certain ? ended : Infinity, certain };
      byKey.set(key, [...(byKey.get(key) ?? []), operation]);
    }
    return byKey;
  }

  /** Keys that nobody could have seen so, had each been in one place. */
  violations(): string[] {
    return [...this.registers()].flatMap(([key, operations]) => {
      const found = firstViolation(operations, shopKey);
      if (!found) return [];
      const { step, invoked, returned } = found;
      const when = `${invoked.toFixed(0)}–${returned.toFixed(0)} ms`;
      return [`${key}: no order of what was done and told explains ${JSON.stringify(step)} at ${when}`];
    });
  }

  /** The events about what went wrong, those that were not well first, for the message of a failed test. */
  text(subjects: readonly string[] = []): string {
    const about = this.events.filter((e) => subjects.length === 0 || subjects.includes(e.subject));
    const failed = about.filter(({ outcome }) => outcome === 'unknown');
    const lines = [...failed.slice(0, 20), ...about.slice(-60)].map((e) => {
      const time = `${e.began.toFixed(0)}–${e.ended.toFixed(0)} ms`;
      const step = e.register ? JSON.stringify(e.register.step) : '';
      return `  ${time}  client ${e.client}  ${e.operation} ${e.subject}: ${e.outcome} ${e.status} ${e.detail}${step}`;
    });
    return [`seed ${this.seed}, ${this.events.length} requests`, ...lines].join('\n');
  }
}
