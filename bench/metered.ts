import { cpuMs, cpuSince, forAll, type CpuMs, type Machines } from './cpu.js';
import type { Contender } from './rounds.js';

interface Moment {
  at: number;
  cpu: CpuMs;
}

interface Span {
  ms: number;
  cpu: CpuMs;
}

/** A turn, and how many units it came to. */
interface Round extends Span {
  units: number;
}

/**
 * A contender whose rounds are units of work, and whose `work` says how many; it notes the CPU time that its machines take for one. What they use at rest,
 * while others have their turn, is taken off: on a busy machine a unit takes long, and would seem to cost more.
 */
export class Metered implements Contender {
  /** The first is the warm-up. */
  private readonly rounds: Round[] = [];
  private readonly rests: Span[] = [];
  private ended: Moment | undefined;

  constructor(
    readonly name: string,
    private readonly machines: Machines,
    private readonly work: () => Promise<number>,
  ) {}

  async rate(): Promise<number> {
    const begun = await this.now();
    if (this.ended) this.rests.push(between(this.ended, begun));
    const units = await this.work();
    this.ended = await this.now();
    const round = { ...between(begun, this.ended), units };
    this.rounds.push(round);
    return (units / round.ms) * 1_000;
  }

  /** CPU of all machines for a unit, in ms, a figure for each round but the warm-up. */
  get cpuMs(): number[] {
    return this.rounds
      .slice(1)
      .map((round) => this.parts.reduce((sum, part) => sum + this.ofUnit(round, part), 0));
  }

  /** Of one of them. */
  cpuMsOf(part: string): number[] {
    return this.rounds.slice(1).map((round) => this.ofUnit(round, part));
  }

  /** What they are called. */
  get parts(): string[] {
    return Object.keys(this.rounds[0]?.cpu ?? {});
  }

  private ofUnit({ ms, cpu, units }: Round, part: string): number {
    // What works for all rests when nobody has his turn.
    const atRest = part === forAll ? 0 : this.perMsAtRest(part);
    return ((cpu[part] ?? 0) - atRest * ms) / units;
  }

  private perMsAtRest(part: string): number {
    const sum = (of: (rest: Span) => number) => this.rests.reduce((all, rest) => all + of(rest), 0);
    return this.rests.length === 0 ? 0 : sum(({ cpu }) => cpu[part] ?? 0) / sum(({ ms }) => ms);
  }

  private async now(): Promise<Moment> {
    return { at: performance.now(), cpu: await cpuMs(this.machines) };
  }
}

const between = (from: Moment, to: Moment): Span => ({
  ms: to.at - from.at,
  cpu: cpuSince(from.cpu, to.cpu),
});
