import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actionsOf, initial } from '../model.js';
import type { Scenario } from '../scenario.js';
import { acknowledged, answeredBefore, sides, waiting, type Side, type State } from '../state.js';
import type { Told } from '../story.js';
import type { TraceStep } from '../traces.js';
import { Comparison } from './compare.js';
import { Driver } from './drive.js';
import type { Look } from './look.js';
import { mutateFunctions } from './mutate.js';
import type { Edit } from './mutations.js';
import { stateOf } from './real-client.js';
import { RealSide } from './real-side.js';

/** What a trace has come to. `differs`: what is not as the model says, after so many steps. */
export interface Driven {
  steps: number;
  differs: string | null;
}

/** Two real databases, and a third one that belongs to another shop. */
export class Conformance {
  private constructor(
    private readonly folder: string,
    private readonly all: readonly RealSide[],
    private readonly driver: Driver,
  ) {}

  /** `edits`: what is changed in the functions of all databases. */
  static async open(edits: readonly Edit[] = []): Promise<Conformance> {
    const folder = await mkdtemp(join(tmpdir(), 'witness-'));
    const open = (side: Side, name: string) => RealSide.open(side, join(folder, name));
    const [monolith, extracted, other] = await Promise.all([open(0, 'm'), open(1, 'e'), open(1, 'o')]);
    const all = [monolith, extracted, other];
    try {
      for (const { database } of all) await mutateFunctions(database, edits);
    } catch (error) {
      await Promise.all(all.map((side) => side.close()));
      throw error;
    }
    return new Conformance(folder, all, new Driver([monolith, extracted], other));
  }

  async close(): Promise<void> {
    this.driver.forget();
    await Promise.all(this.all.map((side) => side.close()));
    await rm(this.folder, { recursive: true });
  }

  /** Goes along a trace with the real databases, and compares after each step. */
  async drive(scenario: Scenario, steps: readonly TraceStep[]): Promise<Driven> {
    await this.driver.begin(scenario);
    let before = initial(scenario);
    for (const [index, step] of steps.entries()) {
      const differs = await this.step(scenario, step, before).then(
        ({ found }) => found.join('; '),
        messageOf,
      );
      if (differs) return { steps: index, differs: `${step.say} → ${step.outcome}: ${differs}` };
      before = step.state;
    }
    const differs = await this.waiters(scenario, before).catch(messageOf);
    return { steps: steps.length, differs: differs && `in the end: ${differs}` };
  }

  /**
   * Goes along the story of a broken promise. Answers how it is broken here, by what the databases hold and what the clients were told.
   * `differs`: where it was not as the model without that rule says, as far as promises go.
   */
  async tell(
    scenario: Scenario,
    story: readonly Told[],
    { promisesOnly }: { promisesOnly: boolean },
  ): Promise<{ broken: string | null; differs: string | null }> {
    await this.driver.begin(scenario);
    let before = initial(scenario);
    for (const told of story) {
      const differs = await this.step(scenario, told, before, promisesOnly).then(
        ({ found }) => found.join('; '),
        messageOf,
      );
      before = told.state;
      if (differs)
        return { broken: this.broken(scenario, await this.looks()), differs: `${told.text}: ${differs}` };
    }
    return { broken: this.broken(scenario, await this.looks()), differs: null };
  }

  private async step(
    { rules }: Scenario,
    { kind, about, state }: Pick<TraceStep, 'kind' | 'about' | 'state'>,
    before: State,
    promisesOnly = false,
  ): Promise<Comparison> {
    await this.driver.run({ kind, about, before, after: state });
    this.driver.follow(state);
    const comparison = new Comparison(state, this.driver, rules);
    const looks = await this.looks();
    if (promisesOnly) comparison.promises(looks);
    else comparison.all(looks);
    this.driver.sides.startOf = comparison.startOf;
    return comparison;
  }

  private async looks(): Promise<[Look, Look]> {
    return (await Promise.all(sides.map((side) => this.driver.sides.look(side)))) as [Look, Look];
  }

  /** A promise, as test/model/invariants.ts has it, of the real databases. */
  private broken({ writes }: Scenario, looks: readonly [Look, Look]): string | null {
    const [mine, his] = looks;
    if (mine.accepts.some((accepts, key) => accepts && his.accepts[key])) return 'I1';
    for (const [index, mask] of writes.entries()) {
      if (![acknowledged, answeredBefore].includes(stateOf(this.driver.writes[index]))) continue;
      for (const key of mine.accepts.keys()) {
        if (!(mask & (1 << key))) continue;
        const lacks = looks.map(({ rows }) => !(rows[key]! & (1 << index)));
        if ((lacks[0] && lacks[1]) || looks.some(({ accepts }, side) => accepts[key] && lacks[side]))
          return 'I2';
      }
    }
    return looks.some(({ standing }) => standing !== null) ? 'marked' : null;
  }

  /** Each waiter asks once more: it is told what the model would tell it, and nothing else. */
  private async waiters(scenario: Scenario, state: State): Promise<string | null> {
    for (const [index, write] of state.writes.entries()) {
      if (write.state !== waiting) continue;
      const poll = actionsOf(state, scenario).find(
        ({ kind, about }) => kind === 'poll' && about.index === index,
      );
      const next = structuredClone(state);
      poll?.run(next);
      await this.driver.writes[index]!.poll();
      const real = stateOf(this.driver.writes[index]);
      if (real !== next.writes[index]!.state)
        return `write ${index} is told ${real}, in the model ${next.writes[index]!.state}`;
    }
    return null;
  }
}

const messageOf = (error: unknown): string => (error as Error).stack ?? String(error);
