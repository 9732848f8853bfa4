import { beginCapture } from '#strangler/control/steps/capture-step';
import { markDegraded, beginRecovery, endRecovery } from '#strangler/engine/replication/degraded';
import type { Scenario } from '../scenario.js';
import { other, sides, type Side, type State } from '../state.js';
import { Controller, type Plan } from './controller.js';
import { Hellos } from './hellos.js';
import { keysOf } from './keys.js';
import { Messages } from './messages.js';
import { RealWrite } from './real-client.js';
import { cells, type RealSide } from './real-side.js';
import { Relays } from './relays.js';
import { Sides, type Step, type Steps } from './sides.js';
import { Strangers } from './strangers.js';

/** Does with two real databases what the model does with its state: clients, operators and faults here, the rest in its parts. */
export class Driver {
  readonly sides: Sides;
  readonly messages: Messages;
  readonly relays: Relays;
  writes: (RealWrite | undefined)[] = [];
  private readonly hellos: Hellos;
  private readonly controller: Controller;
  private readonly steps: Steps;
  private snapshot: { dump: string; journal: Plan | null } | null = null;

  constructor(real: readonly [RealSide, RealSide], other: RealSide) {
    this.sides = new Sides(real);
    this.messages = new Messages(this.sides, new Strangers(other));
    this.relays = new Relays(this.sides, this.messages, (side, ids, start) => {
      for (const write of this.writesOf(side)) write.deliveries.stored(ids, start);
    });
    this.hellos = new Hellos(this.sides);
    this.controller = new Controller(this.sides);
    const parts = [this.messages, this.relays, this.hellos, this.controller];
    this.steps = Object.assign({}, ...parts.map(({ steps }) => steps), this.own) as Steps;
  }

  /** As a scenario begins. */
  async begin(scenario: Scenario): Promise<void> {
    this.forget();
    for (const part of [this.messages, this.hellos, this.controller]) part.begin();
    this.writes = scenario.writes.map(() => undefined);
    this.snapshot = null;
    await this.sides.begin(scenario);
  }

  async run(step: Step): Promise<void> {
    const run = this.steps[step.kind];
    if (!run) throw new Error(`nothing real does what "${step.kind}" is`);
    await run(step.about.side ?? 0, step);
    this.sides.forgetFiles();
  }

  follow(state: State): void {
    this.relays.follow(state);
  }

  forget(): void {
    for (const write of this.writes) write?.abandon();
    this.relays.endAll();
  }

  private readonly own: Steps = {
    write: async (side, { about }) => {
      this.writes[about.index!] = await RealWrite.write(this.sides.at(side), about.keys!, about.index!);
    },
    poll: (_, { about }) => this.writes[about.index!]!.poll(),
    degrade: (side) => markDegraded(this.sides.at(side).database, cells.module, 'not confirmed', 60_000),
    recover: async (side) => {
      const { database, store } = this.sides.at(side);
      const { term } = await store.read();
      await beginRecovery(database, cells.module, term);
      await endRecovery(database, cells.module, term);
    },
    rejoin: (side, step) => this.rejoin(side, step),
    failover: (side, step) => this.failover(side, step),
    pair: async () => {
      await beginCapture(this.sides.controls);
      for (const side of sides) this.sides.at(side).captureStarted();
      // What is read in a hand-off is what both have then.
      this.relays.leaders[0] = null;
    },
    snapshot: async (side) => {
      const journal = side === 0 ? this.controller.journal : null;
      this.snapshot = { dump: await this.sides.at(side).dump(), journal };
    },
    restore: async (side) => {
      await this.putBack(side);
      await this.restart(side);
    },
    resume: async (side) => {
      await this.putBack(side);
      for (const write of this.writesOf(side)) write.abandon();
    },
    restart: (side) => this.restart(side),
    park: async (side, step) => {
      const { parking, sessions } = this.sides.at(side);
      const change = await this.changeOf(side, step);
      await parking.changes(sessions[0]!.client, `{${change}}`, 'it cannot be stored');
    },
    unpark: (side, step) => this.unpark(side, step, 'retry'),
    discard: (side, step) => this.unpark(side, step, 'discard'),
  };

  private writesOf(side: Side): RealWrite[] {
    return this.writes.filter((write) => write?.side === this.sides.at(side)) as RealWrite[];
  }

  private async rejoin(side: Side, { before }: Step): Promise<void> {
    const { agent } = this.sides.at(side);
    const [mine, his] = await Promise.all([agent.state(), this.sides.peer(side).agent.state()]);
    const { epoch } = his.ownership;
    const done =
      before.databases[side].standing !== 0
        ? await agent.giveUp({ epoch: Math.max(mine.ownership.epoch, epoch) + 1 })
        : await agent.takeWhole({ epoch });
    if (!done) throw new Error('`rejoin` was refused');
  }

  private async failover(side: Side, { after }: Step): Promise<void> {
    const mine = this.sides.at(side);
    const { epoch } = (await mine.agent.state()).ownership;
    await this.restart(other(side));
    this.relays.zombies[other(side)] = null;
    this.sides.peer(side).witness.forget();
    if (!(await mine.agent.takeOver({ epoch }))) throw new Error('`failover` was refused');
    // One from before the pairing captures nothing: the copy is to be filled all the same.
    if (!(await mine.agent.state()).ownership.capture) await this.captureAnew(mine);
    const { epochs, terms, lives } = this.sides.leaps;
    const [real, model] = [await mine.look(), after.databases[side]];
    epochs.leap(real.epoch, model.epoch);
    terms[side].leap(real.term, model.term);
    lives[side].leap(real.life, model.life);
    lives[other(side)].leap(real.appliedLife ?? -1, model.appliedLife);
  }

  private async captureAnew(side: RealSide): Promise<void> {
    await side.agent.startCapture({ backfill: true });
    side.captureStarted();
  }

  private async putBack(side: Side): Promise<void> {
    const { dump, journal } = this.snapshot!;
    this.snapshot = null;
    this.endSessions(side);
    await this.sides.at(side).load(dump);
    if (side === 0) this.controller.journal = journal;
  }

  private async restart(side: Side): Promise<void> {
    this.endSessions(side);
    await this.sides.newServer(side);
  }

  private endSessions(side: Side): void {
    this.relays.endSessions(side);
    this.hellos.forget(side);
  }

  private async unpark(side: Side, step: Step, how: 'retry' | 'discard'): Promise<void> {
    await this.sides.at(side).agent.unpark({ ids: [await this.changeOf(side, step)], how });
  }

  /** The first change of an outbox row of the model. */
  private async changeOf(side: Side, { about, before }: Step): Promise<number> {
    const { id, keys } = before.databases[side].outbox[about.index!]!;
    const [key] = keysOf(keys);
    const { outbox } = await this.sides.look(side);
    const change = outbox.find((one) => Math.floor(one.id / 1000) === id && one.key === key);
    if (!change) throw new Error(`statement ${id} has no change of ${key}`);
    return change.id;
  }
}
