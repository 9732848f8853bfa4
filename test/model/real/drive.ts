import {
  markDegraded,
  beginRecovery,
  endRecovery,
} from '../../../libs/strangler/src/replication/degraded.js';
import { beginCapture } from '../../../libs/strangler/src/control/capture-step.js';
import type { Answer } from '../../../libs/strangler/src/continuity/peer.js';
import type { Standpoint } from '../../../libs/strangler/src/continuity/standing.js';
import type { ApplyReply } from '../../../libs/strangler/src/replication/frame.js';
import type { SideControl } from '../../../libs/strangler/src/side/side.js';
import { planHandOff, settle, type HandOff } from '../../../libs/strangler/src/ownership/hand-off.js';
import type { About } from '../action.js';
import { moved, owned } from '../ownership.js';
import type { Scenario } from '../scenario.js';
import { commands, other, sides, type Batch as ModelBatch, type Side, type State } from '../state.js';
import { Epochs } from './epochs.js';
import { Strangers } from './strangers.js';
import { keysOf, rangeOf, width } from './keys.js';
import type { Look } from './look.js';
import { RealWrite } from './real-client.js';
import { RealRelay, type Message } from './real-relay.js';
import { cells, sideName, type RealSide } from './real-side.js';

/** A batch on its way, or an answer. */
interface OnItsWay extends Message {
  from: Side;
  start: string;
  reply?: ApplyReply;
}

/** A hand-off, and what its steps have found out. */
interface Plan {
  plan: HandOff;
  mask: number;
  upTo: number;
  confirmed: { term: number; seq: number } | null;
  /** The start at which the new owner was seen to own. */
  toStart: string;
}

interface Asked {
  asked: Standpoint;
  told: Standpoint | null;
  claims: Answer[];
}

/** What a step is about, beside its kind. */
export interface Step {
  kind: string;
  about: About;
  before: State;
  after: State;
}

/** Does with two real databases what the model does with its state. */
export class Driver {
  epochs = new Epochs();
  leaders: [RealRelay | null, RealRelay | null] = [null, null];
  zombies: [RealRelay | null, RealRelay | null] = [null, null];
  batches: OnItsWay[] = [];
  replies: OnItsWay[] = [];
  writes: (RealWrite | undefined)[] = [];
  journal: Plan | null = null;
  starts: [string, string] = ['', ''];
  /** Of the model's starts, the real ones. */
  startOf = new Map<number, string>();
  private proofs: [Asked | null, Asked | null] = [null, null];
  private late: { kind: string; side: Side; run: () => Promise<unknown> }[] = [];
  private lateHellos: { side: Side; start: string; run: () => Promise<unknown> }[] = [];
  private snapshot: { dump: string; journal: Plan | null } | null = null;
  private starting = 0;
  private relays: RealRelay[] = [];

  constructor(
    readonly real: readonly [RealSide, RealSide],
    private readonly strangers: Strangers,
  ) {}

  /** As a scenario begins. */
  async begin({ below, paired, witness, writes }: Scenario): Promise<void> {
    this.forget();
    Object.assign(this, {
      ...{
        epochs: new Epochs(),
        batches: [],
        replies: [],
        journal: null,
        late: [],
        lateHellos: [],
        snapshot: null,
      },
      ...{
        leaders: [null, null],
        zombies: [null, null],
        proofs: [null, null],
        writes: writes.map(() => undefined),
      },
      starts: [this.newStart(), this.newStart()],
    });
    await Promise.all(
      sides.map(async (side) => {
        const mine = this.real[side];
        await mine.begin(
          below * width,
          paired,
          this.real[other(side)],
          this.starts[side],
          this.starts[other(side)],
        );
        mine.witness.forget();
        if (witness !== 'file') return;
        const { start, epoch, life, term } = await mine.store.read();
        mine.witness.begin({ start, epoch, life, term, pruned: { term: 1, seq: 1 }, received: [] });
      }),
    );
    this.startOf = new Map([
      [1, this.starts[0]],
      [2, this.starts[1]],
    ]);
  }

  /** Who leads no more in the model, does not here: its next look would end it. */
  follow(state: State): void {
    for (const side of sides) {
      if (!state.leaders[side]) this.leaders[side] = null;
      if (!state.zombies[side]) this.zombies[side] = null;
    }
    this.endOthers();
  }

  /** Those who wait for an answer, and whom nobody knows any more. */
  private endOthers(): void {
    const known = [...this.leaders, ...this.zombies];
    for (const relay of this.relays.filter((one) => !known.includes(one))) relay.timesOut();
    this.relays = this.relays.filter((one) => known.includes(one));
  }

  forget(): void {
    for (const write of this.writes) write?.abandon();
    this.leaders = this.zombies = [null, null];
    this.endOthers();
  }

  private newStart(): string {
    return new Date(Date.UTC(2030, 0, 1) + ++this.starting * 1_000).toISOString().replace('Z', '000Z');
  }

  private peer(side: Side): RealSide {
    return this.real[other(side)];
  }

  async run({ kind, about, before, after }: Step): Promise<void> {
    const side = about.side ?? 0;
    const mine = this.real[side];
    const { database, agent } = mine;
    switch (kind) {
      case 'write': {
        const index = about.index!;
        this.writes[index] = await RealWrite.write(mine, about.keys!, index);
        return;
      }
      case 'poll':
        return this.writes[about.index!]!.poll();
      case 'degrade':
        await markDegraded(database, cells.module, 'not confirmed', 60_000);
        return;
      case 'recover': {
        const { term } = await mine.store.read();
        await beginRecovery(database, cells.module, term);
        return endRecovery(database, cells.module, term);
      }
      case 'new leader':
        this.zombies[side] = this.leaders[side];
        mine.turn = 1 - mine.turn;
        return this.lead(side);
      case 'lead':
        return this.lead(side);
      case 'send batch':
      case 'send chunk':
      case 'send heartbeat':
        return this.send(side, about, before);
      case 'time out':
        return this.leaders[side]!.timesOut();
      case 'confirm':
        return this.leaders[side]!.confirms();
      case 'zombie confirms':
        return this.zombies[side]!.confirms();
      case 'hear':
      case 'zombie hears':
        return this.hears(side, about.index!, before, kind === 'hear' ? this.leaders : this.zombies);
      case 'receive':
        return this.receive(before.batches[about.index!]!, about.again === true);
      case 'foreign database receives': {
        const message = this.take(this.batches, before.batches[about.index!]!);
        this.replies.push({ ...message, reply: await this.strangers.receive(message.frame) });
        return;
      }
      case 'receive from another shop':
        return this.strangers.sendTo(mine, this.peer(side), 'another shop');
      case 'receive rows of an own bucket':
        return this.strangers.sendTo(mine, this.peer(side), 'its peer');
      case 'hello':
        return this.hello(side, about.late === true);
      case 'late hello': {
        const { start } = before.lateHellos[about.index!]!;
        const place = this.lateHellos.findIndex(
          (one) => one.side === side && one.start === this.startOf.get(start),
        );
        await this.lateHellos.splice(place, 1)[0]!.run();
        return;
      }
      case 'prove':
        return this.prove(side);
      case 'prove by witness': {
        const { continuity } = mine;
        const proven = await (
          continuity as unknown as { byWitness(of: Standpoint): Promise<boolean> }
        ).byWitness(await mine.store.read());
        if (!proven) throw new Error('the witness file does not agree');
        return;
      }
      case 'serve unproven':
        await agent.serveUnproven();
        return;
      case 'begin hand-off':
        return this.beginHandOff(about.border!);
      case 'fence':
      case 'own':
      case 'release':
        return this.command(kind, about, side);
      case 'late command': {
        const { command } = before.late[about.index!]!;
        const place = this.late.findIndex((one) => one.side === side && one.kind === commands[command]);
        await this.late.splice(place, 1)[0]!.run();
        return;
      }
      case 'drain':
        return this.drain();
      case 'give up':
        return;
      case 'settle':
        return this.settle(after);
      case 'free':
        await settle(this.controls(), this.journal!.plan, { reason: '' });
        this.journal = null;
        return;
      case 'repair':
        return about.side === undefined ? this.repair(after) : this.release(side);
      case 'rejoin':
        return this.rejoin(side, before);
      case 'failover':
        return this.failover(side, after);
      case 'pair':
        await beginCapture(this.controls());
        for (const each of this.real) each.captureStarted();
        // What is read in a hand-off is what both have then.
        this.leaders = [null, this.leaders[1]];
        return;
      case 'snapshot':
        this.snapshot = { dump: await mine.dump(), journal: side === 0 ? this.journal : null };
        return;
      case 'restore':
        await this.putBack(side);
        return this.restart(side);
      case 'resume':
        await this.putBack(side);
        for (const write of this.writes) if (write?.side === mine) write.abandon();
        return;
      case 'restart':
        return this.restart(side);
      case 'park': {
        const { id, keys } = before.databases[side].outbox[about.index!]!;
        const change = await this.changeOf(mine, id, keys & -keys);
        return mine.parking.changes(mine.sessions[0]!.client, `{${change}}`, 'it cannot be stored');
      }
      case 'unpark':
      case 'discard': {
        const { id, keys } = before.databases[side].outbox[about.index!]!;
        const ids = [await this.changeOf(mine, id, keys)];
        await agent.unpark({ ids, how: kind === 'unpark' ? 'retry' : 'discard' });
        return;
      }
      default:
        throw new Error(`nothing real does what "${kind}" is`);
    }
  }

  look(side: Side): Promise<Look> {
    return this.real[side].look();
  }

  private async lead(side: Side): Promise<void> {
    const tell = (ids: readonly number[], start: string): void => {
      for (const write of this.writes)
        if (write?.side === this.real[side]) write.deliveries.stored(ids, start);
    };
    const relay = await RealRelay.lead(this.real[side], this.starts[side], { stored: tell });
    this.leaders[side] = relay;
    this.relays.push(relay);
  }

  private async send(side: Side, { parts = [], chunk = 0 }: About, before: State): Promise<void> {
    const mine = before.databases[side];
    const ahead = before.leaders[side]!.unconfirmed?.chunk ?? 0;
    const rows = keysOf(chunk).length;
    const ends = chunk !== 0 && (mine.backfill & owned(mine, side) & ~chunk & ~ahead) === 0;
    const changes = parts.reduce((sum, part) => sum + keysOf(part.keys).length, 0);
    const message = await this.leaders[side]!.send({ changes, rows, ends });
    this.batches.push({ ...message, from: side, start: this.leaders[side]!.start });
  }

  private async receive(batch: ModelBatch, again: boolean): Promise<void> {
    const message = this.take(this.batches, batch, again);
    const reply = await this.peer(batch.from as Side).receiver.apply(message.frame);
    this.replies.push({ ...message, reply });
  }

  private async hears(
    side: Side,
    index: number,
    before: State,
    who: [RealRelay | null, RealRelay | null],
  ): Promise<void> {
    const { reply } = this.take(this.replies, { ...before.replies[index]!, from: side });
    if (!(await who[side]!.hears(reply!))) who[side] = null;
  }

  /** The real one of a message of the model. */
  find(
    among: OnItsWay[],
    { from, position, start }: { from: number; position: number; start: number },
    startOf = this.startOf,
  ): OnItsWay | undefined {
    return among.find(
      (one) => one.from === from && one.position === position && one.start === startOf.get(start),
    );
  }

  private take(
    among: OnItsWay[],
    of: { from: number; position: number; start: number },
    again = false,
  ): OnItsWay {
    const found = this.find(among, of);
    if (!found) throw new Error(`there is no message ${of.position} of ${of.from}`);
    if (!again) among.splice(among.indexOf(found), 1);
    return found;
  }

  private async hello(side: Side, late: boolean): Promise<void> {
    const mine = this.real[side];
    const his = this.peer(side).agent;
    const asked = await mine.store.read();
    const { database: from, home, start, peer: to, capture, standing } = asked;
    const answer = await his.answer({ kind: 'number', knownAs: null, from, home, to });
    if (!capture && standing === null) {
      this.proofs[side] = { asked, told: null, claims: [answer] };
      return;
    }
    if (answer.kind !== 'number') throw new Error(`a hello is answered: ${answer.kind}`);
    const say = () => his.answer({ kind: 'hello', knownAs: null, from, home, number: answer.number, start });
    if (late) {
      this.lateHellos.push({ side, start, run: say });
      return;
    }
    const told = await say();
    if (told.kind !== 'told') throw new Error(`a hello is answered: ${told.kind}`);
    this.proofs[side] = { asked, told: told.told, claims: [] };
  }

  private async prove(side: Side): Promise<void> {
    const { asked, told, claims } = this.proofs[side]!;
    this.proofs[side] = null;
    const mine = this.real[side];
    const continuity = mine.continuity as unknown as {
      compare(asked: Standpoint, told: Standpoint): Promise<boolean | undefined>;
      askWhoClaims(asked: Standpoint): Promise<boolean>;
    };
    if (!told) {
      mine.answers = claims;
      await continuity.askWhoClaims(asked);
      return;
    }
    if (!asked.capture && told.epoch >= asked.epoch) {
      await mine.agent.startCapture({ backfill: false });
      mine.captureStarted();
    }
    await continuity.compare(asked, told);
  }

  private async beginHandOff(border: number): Promise<void> {
    const [monolith, extracted] = await Promise.all(this.real.map(({ agent }) => agent.state()));
    const plan = planHandOff(border * width, { monolith: monolith!, extracted: extracted! });
    const mask = moved(plan.oldBelow / width, border);
    this.journal = { plan, mask, upTo: 0, confirmed: null, toStart: plan.proof!.starts[plan.to] };
  }

  private async command(kind: 'fence' | 'own' | 'release', { late, lost }: About, side: Side): Promise<void> {
    const { agent } = this.real[side];
    const { plan, mask, confirmed, toStart } = this.journal!;
    const { epoch, newBelow, from, to } = plan;
    const { starts, life } = plan.proof!;
    const run = async () => {
      if (kind === 'fence')
        return agent.fence({ epoch, ...rangeOf(mask), start: starts[from], proven: true, mayShift: null });
      const extractedBelow = newBelow;
      if (kind === 'release')
        return agent.release({ epoch: epoch + 1, extractedBelow, proven: true, peerStart: toStart });
      const holds = { life, after: confirmed };
      return agent.own({
        epoch,
        extractedBelow,
        proven: true,
        start: starts[to],
        peerStart: starts[from],
        holds,
      });
    };
    if (late) {
      this.late.push({ kind, side, run });
      return;
    }
    const answer = await run();
    if (kind === 'fence' && !lost) this.journal!.upTo = answer === null ? 0 : Number(answer);
  }

  private async drain(): Promise<void> {
    const { plan, mask, upTo } = this.journal!;
    const { starts, life } = plan.proof!;
    const { agent } = this.real[plan.from === 'monolith' ? 0 : 1];
    const drained = await agent.drained({ ...rangeOf(mask), upTo, start: starts[plan.from], life });
    if (drained && !drained.done) throw new Error('it is not drained');
    this.journal!.confirmed = drained?.confirmed ?? null;
  }

  private controls() {
    const [monolith, extracted] = this.real;
    return { monolith: monolith.agent, extracted: extracted.agent };
  }

  /** Only the first half: what the controller sends to the giver does not arrive. */
  private async settle(after: State): Promise<void> {
    const { plan } = this.journal!;
    const lost = () => Promise.reject(new Error('not now'));
    const { monolith, extracted } = this.controls();
    const deaf = (agent: SideControl): SideControl =>
      ({
        ...{ state: () => agent.state(), release: lost, raise: lost },
      }) as unknown as SideControl;
    const some =
      plan.from === 'monolith'
        ? { monolith: deaf(monolith), extracted }
        : { monolith, extracted: deaf(extracted) };
    await settle(some, plan, { reason: '' });
    if (!after.journal) {
      this.journal = null;
      return;
    }
    const { ownership, standpoint } = await (plan.to === 'monolith' ? monolith : extracted).state();
    if (ownership.extractedBelow === plan.newBelow) {
      this.journal = {
        ...this.journal!,
        plan: { ...plan, epoch: ownership.epoch - 1 },
        toStart: standpoint.start,
      };
    }
  }

  private async repair(after: State): Promise<void> {
    const [monolith, extracted] = await Promise.all(this.real.map(({ agent }) => agent.state()));
    const { from } = after.journal!;
    const epoch = Math.max(monolith!.ownership.epoch, extracted!.ownership.epoch) - 1;
    const plan: HandOff = {
      from: sideName(from as Side),
      to: sideName(other(from as Side)),
      epoch,
      oldBelow: monolith!.ownership.extractedBelow,
      newBelow: -1,
    };
    this.journal = { plan, mask: 0, upTo: 0, confirmed: null, toStart: '' };
  }

  /** An operator tells a side who owns. */
  private async release(side: Side): Promise<void> {
    const { agent } = this.real[side];
    const [mine, his] = await Promise.all([agent.state(), this.peer(side).agent.state()]);
    const { epoch } = mine.ownership;
    await agent.release({ epoch, extractedBelow: his.ownership.extractedBelow });
    await agent.raise({ epoch, to: his.ownership.epoch });
  }

  private async rejoin(side: Side, before: State): Promise<void> {
    const { agent } = this.real[side];
    const [mine, his] = await Promise.all([agent.state(), this.peer(side).agent.state()]);
    const { epoch } = his.ownership;
    const done =
      before.databases[side].standing !== 0
        ? await agent.giveUp({ epoch: Math.max(mine.ownership.epoch, epoch) + 1 })
        : await agent.takeWhole({ epoch });
    if (!done) throw new Error('`rejoin` was refused');
  }

  private async failover(side: Side, after: State): Promise<void> {
    const { agent } = this.real[side];
    const { ownership } = await agent.state();
    this.endSessions(other(side));
    this.zombies[other(side)] = null;
    await this.newServer(other(side));
    this.peer(side).witness.forget();
    if (!(await agent.takeOver({ epoch: ownership.epoch }))) throw new Error('`failover` was refused');
    await agent.startCapture({ backfill: true });
    this.real[side].captureStarted();
    this.epochs.leap((await agent.state()).ownership.epoch, after.databases[side].epoch);
  }

  private async putBack(side: Side): Promise<void> {
    const { dump, journal } = this.snapshot!;
    this.snapshot = null;
    this.endSessions(side);
    await this.real[side].load(dump);
    if (side === 0) this.journal = journal;
  }

  private async restart(side: Side): Promise<void> {
    this.endSessions(side);
    await this.newServer(side);
  }

  private async newServer(side: Side): Promise<void> {
    this.starts[side] = this.newStart();
    await this.real[side].database.query('select model.set_start($1)', [this.starts[side]]);
  }

  private endSessions(side: Side): void {
    const leader = this.leaders[side];
    if (leader && (leader.inFlight || leader.unconfirmed)) {
      this.zombies[side] = leader;
      this.real[side].turn = 1 - this.real[side].turn;
    }
    this.leaders[side] = null;
    this.proofs[side] = null;
  }

  private async changeOf(side: RealSide, statement: number, keys: number): Promise<number> {
    const { outbox } = await side.look();
    const [key] = keysOf(keys);
    const change = outbox.find((one) => Math.floor(one.id / 1000) === statement && one.key === key);
    if (!change) throw new Error(`statement ${statement} has no change of ${key}`);
    return change.id;
  }
}
