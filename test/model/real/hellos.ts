import type { Answer } from '#strangler/engine/identity/peer';
import type { Standpoint } from '#strangler/engine/identity/standing';
import type { Side } from '../state.js';
import type { Sides, Steps } from './sides.js';

/** What a side has asked, and what it was told; null: it was never paired, and `claims` are the answers. */
interface Asked {
  asked: Standpoint;
  told: Standpoint | null;
  claims: Answer[];
}

/** What a continuity does by itself, one after the other: here a test says when. */
interface Parts {
  byWitness(of: Standpoint): Promise<boolean>;
  compare(asked: Standpoint, told: Standpoint): Promise<boolean | undefined>;
  askWhoClaims(asked: Standpoint): Promise<boolean>;
}

/** How the sides prove themselves: hellos, what is concluded from their answers, witnesses. */
export class Hellos {
  private asked: [Asked | null, Asked | null] = [null, null];
  private late: { side: Side; start: string; run: () => Promise<unknown> }[] = [];

  constructor(private readonly sides: Sides) {}

  begin(): void {
    this.asked = [null, null];
    this.late = [];
  }

  readonly steps: Steps = {
    hello: (side, { about }) => this.hello(side, about.late === true),
    'late hello': (side, { about, before }) => {
      const start = this.sides.startOf.get(before.lateHellos[about.index!]!.start);
      const place = this.late.findIndex((one) => one.side === side && one.start === start);
      return this.late.splice(place, 1)[0]!.run();
    },
    prove: (side) => this.prove(side),
    'prove by witness': async (side) => {
      if (!(await this.partsOf(side).byWitness(await this.sides.at(side).store.read())))
        throw new Error('the witness file does not agree');
    },
    'serve unproven': async (side) => {
      const { agent, store } = this.sides.at(side);
      await agent.serveUnproven({ start: (await store.read()).start });
    },
  };

  /** Whoever has asked is gone. */
  forget(side: Side): void {
    this.asked[side] = null;
  }

  private partsOf(side: Side): Parts {
    return this.sides.at(side).continuity as unknown as Parts;
  }

  private async hello(side: Side, late: boolean): Promise<void> {
    const his = this.sides.peer(side).agent;
    const asked = await this.sides.at(side).store.read();
    const { database: from, home, knownAs, start, peer: to, capture, standing } = asked;
    const answer = await his.answer({ kind: 'number', from, home, knownAs, to });
    if (!capture && standing === null) {
      this.asked[side] = { asked, told: null, claims: [answer] };
      return;
    }
    if (answer.kind !== 'number') throw new Error(`a hello is answered: ${answer.kind}`);
    const say = () => his.answer({ kind: 'hello', from, home, knownAs, number: answer.number, start });
    if (late) {
      this.late.push({ side, start, run: say });
      return;
    }
    const told = await say();
    if (told.kind !== 'told') throw new Error(`a hello is answered: ${told.kind}`);
    this.asked[side] = { asked, told: told.told, claims: [] };
  }

  private async prove(side: Side): Promise<void> {
    const { asked, told, claims } = this.asked[side]!;
    this.asked[side] = null;
    const mine = this.sides.at(side);
    if (!told) {
      mine.answers = claims;
      await this.partsOf(side).askWhoClaims(asked);
      return;
    }
    if (!asked.capture && told.epoch >= asked.epoch) {
      await mine.agent.startCapture({ backfill: false });
      mine.captureStarted();
    }
    await this.partsOf(side).compare(asked, told);
  }
}
