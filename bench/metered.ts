import { cpuMs, cpuSince, forAll, total, type CpuMs, type Machines } from './cpu.js';
import type { Contender } from './rounds.js';

interface Moment {
  at: number;
  cpu: CpuMs;
}

/** A contender whose rounds are so many units of work; it notes the CPU time that its machines take for one. */
export class Metered implements Contender {
  /** Round by round; the first is the warm-up. */
  private readonly rounds: CpuMs[] = [];
  private rested: Moment | undefined;

  constructor(
    readonly name: string,
    private readonly machines: Machines,
    private readonly units: number,
    private readonly work: () => Promise<void>,
  ) {}

  async rate(): Promise<number> {
    const begun = await this.now();
    await this.work();
    const ended = await this.now();
    this.rounds.push(this.withoutRest(begun, ended));
    this.rested = ended;
    return (this.units / (ended.at - begun.at)) * 1_000;
  }

  /** CPU of all machines for a unit, in ms, a figure for each round but the warm-up. */
  get cpuMs(): number[] {
    return this.rounds.slice(1).map((each) => total(each) / this.units);
  }

  /** Of one of them. */
  cpuMsOf(part: string): number[] {
    return this.rounds.slice(1).map((each) => (each[part] ?? 0) / this.units);
  }

  /** What they are called. */
  get parts(): string[] {
    return Object.keys(this.rounds[0] ?? {});
  }

  private async now(): Promise<Moment> {
    return { at: performance.now(), cpu: await cpuMs(this.machines) };
  }

  /**
   * What the machines use at rest, while others have their turn, no unit has used: on a busy machine one takes long, and would seem
   * to cost more.
   */
  private withoutRest(begun: Moment, ended: Moment): CpuMs {
    const used = cpuSince(begun.cpu, ended.cpu);
    if (!this.rested) return used;
    const atRest = cpuSince(this.rested.cpu, begun.cpu);
    const share = (ended.at - begun.at) / (begun.at - this.rested.at);
    return Object.fromEntries(
      Object.entries(used).map(([part, ms]) => [
        part,
        part === forAll ? ms : ms - (atRest[part] ?? 0) * share,
      ]),
    );
  }
}
