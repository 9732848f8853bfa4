import type { Counted } from './tally.js';
import type { Twin } from './twin.js';
import { History } from './history.js';
import { firstViolation, type Model, type Operation } from './linearizable.js';

type State = Pick<Counted, 'count' | 'version'>;
/** A counter was added to (`told`: so it was said), was looked at, or something that was added was taken back. */
type Step = { add: number; told?: State } | { looked: State } | { back: number };

const counter: Model<State, Step> = {
  initial: { count: 0, version: 0 },
  next: ({ count, version }, step) => {
    if ('looked' in step) return same(step.looked, { count, version }) ? [{ count, version }] : [];
    // What was never added is taken back, too: it is written that it must not be added any more.
    if ('back' in step)
      return [count - step.back, count].map((left) => ({ count: left, version: version + 1 }));
    const next = { count: count + step.add, version: version + 1 };
    return !step.told || same(step.told, next) ? [next] : [];
  },
  reads: (step) => 'looked' in step,
};

const same = (a: State, b: State): boolean => a.count === b.count && a.version === b.version;

/** What callers of a {@link Twin} did, what they were told, and what cannot both be true. */
export class Ledger {
  readonly history: History;
  readonly contradictions: string[] = [];
  /** By counter: what was acknowledged, and what may have been added beside. */
  private readonly sums = new Map<string, { known: number; unknown: number }>();
  /** By counter: the highest version that anyone was told. */
  private readonly latest = new Map<string, number>();
  /** Who made a version. */
  private readonly makers = new Map<string, string>();
  /** By counter: the highest version that anyone was told of who had added. */
  private readonly acknowledged = new Map<string, number>();
  private readonly operations = new Map<string, Operation<Step>[]>();

  constructor(seed = 0) {
    this.history = new History(seed);
  }

  /** The version that whoever looks from now on has to see at least. */
  floorOf(name: string): number {
    return this.latest.get(name) ?? 0;
  }

  /** The version that a copy has to show at least to whoever asks from now on. */
  acknowledgedOf(name: string): number {
    return this.acknowledged.get(name) ?? 0;
  }

  /** A command was acknowledged; `invoked`: when it was given for the first time. */
  added({ name, count, version }: Counted, amount: number, commandId: string, invoked = 0): void {
    this.did(name, { add: amount, told: { count, version } }, invoked);
    this.acknowledged.set(name, Math.max(this.acknowledgedOf(name), version));
    this.sumOf(name).known += amount;
    this.told(name, version);
    const maker = this.makers.get(`${name} ${version}`) ?? commandId;
    if (maker !== commandId)
      this.contradictions.push(`${name}: ${maker} and ${commandId} both made version ${version}`);
    this.makers.set(`${name} ${version}`, commandId);
  }

  /** The same command was answered again. */
  again(first: Counted, second: Counted): void {
    if (first.version === second.version && first.count === second.count) return;
    this.contradictions.push(
      `${first.name}: one command made version ${first.version} and ${second.version}`,
    );
  }

  /** A command ended without an answer. */
  unknown(name: string, amount: number, invoked = 0): void {
    this.may(name, { add: amount }, invoked);
    this.sumOf(name).unknown += amount;
  }

  /** A command was refused: by now it is not done, or was done and taken back. */
  refused(name: string, amount: number, invoked: number): void {
    const returned = this.history.now();
    this.may(name, { add: amount }, invoked, returned);
    this.may(name, { back: amount }, invoked, returned);
  }

  /** Someone has asked a copy; `floor`: what {@link acknowledgedOf} said when he began. */
  peeked({ name, version }: Counted, floor: number): void {
    if (version < floor)
      this.contradictions.push(
        `${name}: a copy showed version ${version} when version ${floor} was acknowledged`,
      );
  }

  /** Someone has looked; `floor`: what {@link floorOf} said when he began. */
  looked({ name, count, version }: Counted, floor: number, invoked = 0): void {
    this.did(name, { looked: { count, version } }, invoked);
    if (version < floor)
      this.contradictions.push(`${name}: version ${version} was read after version ${floor} was told`);
    this.told(name, version);
  }

  /** What is wrong, once all is quiet: each acknowledged add counted once, reads that never go back, equal sides. */
  async problems(twin: Twin): Promise<string[]> {
    return [
      ...this.contradictions,
      ...this.violations(),
      ...(await this.wrongSums(twin)),
      ...(await differences(twin)),
    ];
  }

  /** Counters that nobody could have seen so, had each been in one place. */
  private violations(): string[] {
    return [...this.operations].flatMap(([name, operations]) => {
      const found = firstViolation(operations, counter);
      return found ? [`${name}: no order of what was done and told explains ${JSON.stringify(found)}`] : [];
    });
  }

  private did(name: string, step: Step, invoked: number): void {
    this.record(name, { step, invoked, returned: this.history.now(), certain: true });
  }

  private may(name: string, step: Step, invoked: number, returned = Infinity): void {
    this.record(name, { step, invoked, returned, certain: false });
  }

  private record(name: string, operation: Operation<Step>): void {
    const operations = this.operations.get(name) ?? [];
    operations.push(operation);
    this.operations.set(name, operations);
  }

  private async wrongSums(twin: Twin): Promise<string[]> {
    const border = (await twin.states()).monolith.ownership.extractedBelow;
    const rows = await Promise.all(
      (['monolith', 'extracted'] as const).map((side) =>
        twin[side].database.query<{ name: string; count: number }>(
          `select name, count from tally.counter where (strangler.bucket('tally', name) < $1) = ($2 = 'extracted')`,
          [border, side],
        ),
      ),
    );
    const counts = new Map(rows.flat().map(({ name, count }) => [name, count]));
    return [...this.sums].flatMap(([name, { known, unknown }]) => {
      const count = counts.get(name) ?? 0;
      if (count >= known && count <= known + unknown) return [];
      return [`${name}: ${known} was acknowledged (${unknown} more unknown), and its owner has ${count}`];
    });
  }

  private told(name: string, version: number): void {
    this.latest.set(name, Math.max(this.floorOf(name), version));
  }

  private sumOf(name: string): { known: number; unknown: number } {
    const sum = this.sums.get(name) ?? { known: 0, unknown: 0 };
    this.sums.set(name, sum);
    return sum;
  }
}

/** Holds the ledger against the books. @throws with the seed and the history of what is wrong. */
export async function check(twin: Twin, ledger: Ledger): Promise<void> {
  await twin.quiet();
  const problems = await ledger.problems(twin);
  if (problems.length === 0) return;
  const { history } = ledger;
  const named = [...new Set(history.events.map(({ subject }) => subject))];
  const wrong = (name: string) => problems.some((problem) => problem.startsWith(`${name}:`));
  const subjects = named.filter((subject) => subject.split(' ').some(wrong));
  throw new Error(`${problems.slice(0, 20).join('\n')}\n${history.text(subjects)}`);
}

async function differences({ monolith, extracted }: Twin): Promise<string[]> {
  const found: string[] = [];
  for (const table of ['counter', 'ticket', 'idempotency']) {
    const [here, there] = await Promise.all([monolith.rows(table), extracted.rows(table)]);
    const [ours, theirs] = [new Set(here), new Set(there)];
    found.push(
      ...here.filter((row) => !theirs.has(row)).map((row) => `${table}: only the monolith has ${row}`),
    );
    found.push(...there.filter((row) => !ours.has(row)).map((row) => `${table}: only extracted has ${row}`));
  }
  return found;
}
