import type { About } from '../action.js';
import type { Scenario } from '../scenario.js';
import { other, sides, type Side, type State } from '../state.js';
import { width } from './keys.js';
import { Leaps } from './leaps.js';
import type { Look } from './look.js';
import type { RealSide } from './real-side.js';

/** What a step is about, beside its kind. */
export interface Step {
  kind: string;
  about: About;
  before: State;
  after: State;
}

/** What is done for each kind of step; `side`: the one that it is about, the monolith's where it is about none. */
export type Steps = Record<string, (side: Side, step: Step) => Promise<unknown> | void>;

/** Two real databases, and when their servers were started. */
export class Sides {
  leaps = new Leaps();
  starts: [string, string] = ['', ''];
  /** Of the model's starts, the real ones. */
  startOf = new Map<number, string>();
  private hasFiles = false;
  private starting = 0;

  constructor(private readonly real: readonly [RealSide, RealSide]) {}

  at(side: Side): RealSide {
    return this.real[side];
  }

  peer(side: Side): RealSide {
    return this.real[other(side)];
  }

  get controls() {
    const [monolith, extracted] = this.real;
    return { monolith: monolith.agent, extracted: extracted.agent };
  }

  look(side: Side): Promise<Look> {
    return this.real[side].look();
  }

  /** As a scenario begins. */
  async begin({ below, paired, witness }: Scenario): Promise<void> {
    this.leaps = new Leaps();
    this.starts = [this.newStart(), this.newStart()];
    const [mine, his] = this.starts;
    this.startOf = new Map([
      [1, mine],
      [2, his],
    ]);
    const first = async (side: Side): Promise<void> => {
      const [start, peerStart] = [this.starts[side], this.starts[other(side)]];
      await this.at(side).begin({ below: below * width, paired, peer: this.peer(side), start, peerStart });
      if (this.hasFiles) await this.at(side).beginWitness();
    };
    this.hasFiles = witness === 'file';
    await Promise.all(sides.map(first));
    this.forgetFiles();
  }

  /** Every proof leaves a file beside the database. In most scenarios there is none. */
  forgetFiles(): void {
    if (!this.hasFiles) for (const { witness } of this.real) witness.forget();
  }

  /** Its server has restarted. */
  async newServer(side: Side): Promise<void> {
    this.starts[side] = this.newStart();
    await this.at(side).database.query('select model.set_start($1)', [this.starts[side]]);
  }

  private newStart(): string {
    return new Date(Date.UTC(2030, 0, 1) + ++this.starting * 1_000).toISOString().replace('Z', '000Z');
  }
}
