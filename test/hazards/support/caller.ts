import { isDomainError } from 'nestjs-strangler/contract';
import { randomUUID } from 'node:crypto';
import type { Ledger } from './ledger.js';
import type { Counted } from './tally.js';
import { places, type Place, type Twin } from './twin.js';
import type { Outcome } from './history.js';
import { Random } from './random.js';

const passing = new Set(['outcome_unknown', 'unavailable']);
const patienceMs = 30_000;

/** How a command is given; by default at the gateway, under an id of its own. */
interface How {
  amount?: number;
  commandId?: string;
  at?: Place;
}

/** One caller of a {@link Twin}. Everything that it does and hears goes into the ledger. Names are in upper case. */
export class Caller {
  constructor(
    private readonly twin: Twin,
    readonly ledger: Ledger,
    private readonly number = 0,
  ) {}

  /** Adds to one counter; under the same id until it is answered. */
  async add(
    name: string,
    { amount = 1, commandId = randomUUID(), at = 'gateway' }: How = {},
  ): Promise<Counted | undefined> {
    const began = this.ledger.history.now();
    const answer = await this.settled('add', name, () =>
      this.twin.ports[at].add({ name, amount }, { commandId }),
    );
    if (answer) this.ledger.added(answer, amount, commandId, began);
    else this.ledger.unknown(name, amount, began);
    return answer;
  }

  /** Says a command that was answered once more: the same answer. */
  async repeat(
    first: Counted,
    commandId: string,
    { amount = 1, at = 'gateway' }: Omit<How, 'commandId'> = {},
  ): Promise<void> {
    const { name } = first;
    const again = await this.settled('repeat', name, () =>
      this.twin.ports[at].add({ name, amount }, { commandId }),
    );
    if (again) this.ledger.again(first, again);
  }

  /** Adds to several counters, or to none: then one of the amounts is too large. */
  async addAll(items: readonly { name: string; amount: number }[], at: Place = 'gateway'): Promise<void> {
    const commandId = randomUUID();
    const input = { ticket: randomUUID(), items: [...items] };
    const names = items.map(({ name }) => name).join(' ');
    const began = this.ledger.history.now();
    const ended = await this.settled('addAll', names, () => this.twin.ports[at].addAll(input, { commandId }));
    for (const { name, amount } of items) {
      const answer = ended?.items?.find((each) => each.name === name);
      if (answer) this.ledger.added(answer, amount, commandId, began);
      else if (ended) this.ledger.refused(name, amount, began);
      else this.ledger.unknown(name, amount, began);
    }
  }

  /** Never behind what anyone was told before. */
  async look(name: string, at: Place = 'gateway'): Promise<Counted | undefined> {
    const floor = this.ledger.floorOf(name);
    const began = this.ledger.history.now();
    const answer = await this.settled('look', name, () => this.twin.ports[at].look({ name }));
    if (answer) this.ledger.looked(answer, floor, began);
    return answer;
  }

  /** Asks what any copy may answer: never behind what was acknowledged. */
  async peek(name: string, at: Place = 'gateway'): Promise<Counted | undefined> {
    const floor = this.ledger.acknowledgedOf(name);
    const answer = await this.settled('peek', name, () => this.twin.ports[at].peek({ name }));
    if (answer) this.ledger.peeked(answer, floor);
    return answer;
  }

  /** The answer, once there is one; undefined: there was none in all the time. A refusal is an empty answer. */
  private async settled<T extends object>(
    operation: string,
    subject: string,
    send: () => Promise<T>,
  ): Promise<T | undefined> {
    const { history } = this.ledger;
    const giveUpAt = Date.now() + patienceMs;
    for (let tries = 1; ; tries++) {
      const began = history.now();
      const tell = (outcome: Outcome, detail: string) =>
        history.add({ client: this.number, operation, subject, began, outcome, status: 0, detail });
      try {
        const answer = await send();
        tell('ok', JSON.stringify(answer));
        return answer;
      } catch (error) {
        if (!isDomainError(error)) throw error;
        tell(error.code === 'outcome_unknown' ? 'unknown' : 'refused', error.code);
        if (error.code === 'too_many' || (tries > 1 && error.code === 'command_undone')) return {} as T;
        if (!passing.has(error.code))
          this.ledger.contradictions.push(`${subject}: ${operation}: ${error.code}`);
        if (Date.now() > giveUpAt || !passing.has(error.code)) return undefined;
      }
    }
  }
}

/** Callers in every process who add and look, all at once, until they are told to stop. */
export class Crowd {
  private stopping = false;
  private readonly working: Promise<unknown>;

  constructor(
    private readonly twin: Twin,
    readonly ledger: Ledger,
    private readonly names: readonly string[],
    callers = 8,
  ) {
    const { seed } = ledger.history;
    const all = Array.from({ length: callers }, (_, i) =>
      this.call(new Caller(twin, ledger, i), new Random(seed * 1_000 + i)),
    );
    this.working = Promise.all(all);
    // It is thrown by `stop`.
    this.working.catch(() => undefined);
  }

  /** Lets everyone finish what he does. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.working;
  }

  private async call(caller: Caller, random: Random): Promise<void> {
    while (!this.stopping) {
      const at = random.pick(places);
      const name = random.pick(this.names);
      const turn = random.next();
      if (turn < 0.4) await this.addTwice(caller, name, at, random);
      else if (turn < 0.75) await caller.look(name, at);
      else if (turn < 0.85) await this.peek(caller, name, at);
      else await caller.addAll(this.several(random), at);
    }
  }

  /** A copy promises to hold what was acknowledged only where that was said of both sides. */
  private async peek(caller: Caller, name: string, at: Place): Promise<void> {
    const { monolith, extracted } = this.twin;
    if (monolith.ack === 'both' && extracted.ack === 'both') await caller.peek(name, at);
  }

  private async addTwice(caller: Caller, name: string, at: Place, random: Random): Promise<void> {
    const commandId = randomUUID();
    const answer = await caller.add(name, { commandId, at });
    if (answer && random.next() < 0.1) await caller.repeat(answer, commandId, { at: random.pick(places) });
  }

  /** Two or three counters; now and then too much for one of them. */
  private several(random: Random): { name: string; amount: number }[] {
    const names = new Set(Array.from({ length: 3 }, () => random.pick(this.names)));
    return [...names].map((name) => ({ name, amount: random.next() < 0.1 ? 1_000 : 1 + random.integer(3) }));
  }
}
