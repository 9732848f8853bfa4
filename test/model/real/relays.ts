import { owned } from '../ownership.js';
import { sides as both, type Side, type State } from '../state.js';
import { keysOf } from './keys.js';
import type { Messages } from './messages.js';
import { RealRelay } from './real-relay.js';
import type { Sides, Step, Steps } from './sides.js';

type Led = [RealRelay | null, RealRelay | null];

/** Who leads the relays, and who believes to. */
export class Relays {
  leaders: Led = [null, null];
  zombies: Led = [null, null];
  private relays: RealRelay[] = [];

  /** `stored`: tells the waiters of a side. */
  constructor(
    private readonly sides: Sides,
    private readonly messages: Messages,
    private readonly stored: (side: Side, ids: readonly number[], start: string) => void,
  ) {}

  readonly steps: Steps = {
    lead: (side) => this.lead(side),
    'new leader': (side) => {
      this.setAside(side);
      return this.lead(side);
    },
    'send batch': (side, step) => this.send(side, step),
    'send chunk': (side, step) => this.send(side, step),
    'send heartbeat': (side, step) => this.send(side, step),
    'time out': (side) => this.leaders[side]!.timesOut(),
    hear: (side, step) => this.hears(side, step, this.leaders),
    'zombie hears': (side, step) => this.hears(side, step, this.zombies),
    confirm: (side) => this.leaders[side]!.confirms(),
    'zombie confirms': (side) => this.zombies[side]!.confirms(),
  };

  /** Who leads no more in the model, does not here: its next look would end it. */
  follow({ leaders, zombies }: State): void {
    for (const side of both) {
      if (!leaders[side]) this.leaders[side] = null;
      if (!zombies[side]) this.zombies[side] = null;
    }
    this.endOthers();
  }

  endAll(): void {
    this.leaders = [null, null];
    this.zombies = [null, null];
    this.endOthers();
  }

  /** Of a restart: who waits for an answer, or has one to confirm, does not know yet. */
  endSessions(side: Side): void {
    const leader = this.leaders[side];
    if (leader && (leader.inFlight || leader.unconfirmed)) this.setAside(side);
    this.leaders[side] = null;
  }

  /** The next to lead has a session of its own. */
  private setAside(side: Side): void {
    const mine = this.sides.at(side);
    this.zombies[side] = this.leaders[side];
    mine.turn = 1 - mine.turn;
  }

  private async lead(side: Side): Promise<void> {
    const stored = (ids: readonly number[], start: string) => this.stored(side, ids, start);
    const relay = await RealRelay.lead(this.sides.at(side), this.sides.starts[side], { stored });
    this.leaders[side] = relay;
    this.relays.push(relay);
  }

  private async send(side: Side, { about: { parts = [], chunk = 0 }, before }: Step): Promise<void> {
    const mine = before.databases[side];
    const ahead = before.leaders[side]!.unconfirmed?.chunk ?? 0;
    const rows = keysOf(chunk).length;
    const ends = chunk !== 0 && (mine.backfill & owned(mine, side) & ~chunk & ~ahead) === 0;
    const changes = parts.reduce((sum, part) => sum + keysOf(part.keys).length, 0);
    const leader = this.leaders[side]!;
    const message = await leader.send({ changes, rows, ends });
    this.messages.batches.push({ ...message, from: side, start: leader.start });
  }

  private async hears(side: Side, { about, before }: Step, who: Led): Promise<void> {
    const { messages } = this;
    const { reply } = messages.take(messages.replies, { ...before.replies[about.index!]!, from: side });
    if (!(await who[side]!.hears(reply!))) who[side] = null;
  }

  /** Those who wait for an answer, and whom nobody knows any more. */
  private endOthers(): void {
    const known = [...this.leaders, ...this.zombies];
    for (const relay of this.relays.filter((one) => !known.includes(one))) relay.timesOut();
    this.relays = this.relays.filter((one) => known.includes(one));
  }
}
