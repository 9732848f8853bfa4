import type { HandOff } from '#strangler/control/store/hand-off-plan';
import { planHandOff, settle } from '#strangler/control/steps/hand-off';
import type { SideControl } from '#strangler/sides/side';
import type { About } from '../action.js';
import { moved } from '../ownership.js';
import { commands, other, stages, type Side, type State } from '../state.js';
import { rangeOf, width } from './keys.js';
import { sideName } from './real-side.js';
import type { Sides, Steps } from './sides.js';

/** A hand-off, and what its steps have found out. */
export interface Plan {
  plan: HandOff;
  mask: number;
  upTo: number;
  confirmed: { term: number; seq: number } | null;
  /** The start at which the new owner was seen to own. */
  toStart: string;
}

type Command = 'fence' | 'own' | 'release';

/** What the controller does: it moves borders, and ends what was begun. */
export class Controller {
  journal: Plan | null = null;
  private late: { kind: Command; side: Side; run: () => Promise<unknown> }[] = [];

  constructor(private readonly sides: Sides) {}

  begin(): void {
    this.journal = null;
    this.late = [];
  }

  readonly steps: Steps = {
    'begin hand-off': (_, { about }) => this.plans(about.border!),
    fence: (side, { about }) => this.sends('fence', about, side),
    own: (side, { about }) => this.sends('own', about, side),
    release: (side, { about }) => this.sends('release', about, side),
    'late command': (side, { about, before }) => {
      const command = commands[before.late[about.index!]!.command];
      const place = this.late.findIndex((one) => one.side === side && one.kind === command);
      return this.late.splice(place, 1)[0]!.run();
    },
    drain: (_, { after }) => this.drain(after),
    'give up': () => undefined,
    settle: (_, { after }) => this.settle(after),
    free: async () => {
      await settle(this.sides.controls, this.journal!.plan, { reason: '' });
      this.journal = null;
    },
    repair: (side, { about, after }) =>
      about.side === undefined ? this.settlesWithoutJournal(after) : this.tellsWhoOwns(side),
  };

  private async plans(border: number): Promise<void> {
    const { controls } = this.sides;
    const [monolith, extracted] = await Promise.all([controls.monolith.state(), controls.extracted.state()]);
    const plan = planHandOff(border * width, { monolith, extracted });
    const mask = moved(plan.oldBelow / width, border);
    this.journal = { plan, mask, upTo: 0, confirmed: null, toStart: plan.proof!.starts[plan.to] };
  }

  private async sends(kind: Command, { late, lost }: About, side: Side): Promise<void> {
    const run = this.command(kind, side, this.journal!);
    if (late) {
      this.late.push({ kind, side, run });
      return;
    }
    const answer = await run();
    if (kind === 'fence' && !lost) this.journal!.upTo = Number(answer ?? 0);
  }

  private command(
    kind: Command,
    side: Side,
    { plan, mask, confirmed, toStart }: Plan,
  ): () => Promise<unknown> {
    const { agent } = this.sides.at(side);
    const { epoch, newBelow: extractedBelow, from, to } = plan;
    const { starts, life } = plan.proof!;
    const proven = true;
    switch (kind) {
      case 'fence':
        return () => agent.fence({ epoch, ...rangeOf(mask), start: starts[from], proven, mayShift: null });
      case 'own': {
        const when = {
          proven,
          start: starts[to],
          peerStart: starts[from],
          holds: { life, after: confirmed },
        };
        return () => agent.own({ epoch, extractedBelow, ...when });
      }
      case 'release':
        return () => agent.release({ epoch: epoch + 1, extractedBelow, proven, peerStart: toStart });
    }
  }

  private async drain({ journal }: State): Promise<void> {
    const { plan, mask, upTo } = this.journal!;
    const { starts, life } = plan.proof!;
    const giver = this.sides.controls[plan.from];
    const drained = await giver.drained({ ...rangeOf(mask), upTo, start: starts[plan.from], life });
    const next = !drained ? 'settle' : drained.done ? 'own' : 'drain';
    if (next !== stages[journal!.stage]) throw new Error(`what comes next is \`${next}\``);
    this.journal!.confirmed = drained?.confirmed ?? null;
  }

  /** Only the first half: what the controller sends to the giver does not arrive. */
  private async settle(after: State): Promise<void> {
    const { plan } = this.journal!;
    const { controls } = this.sides;
    await settle({ ...controls, [plan.from]: deaf(controls[plan.from]) }, plan, { reason: '' });
    if (!after.journal) {
      this.journal = null;
      return;
    }
    const { ownership, standpoint } = await controls[plan.to].state();
    if (ownership.extractedBelow !== plan.newBelow) return;
    const { epoch } = ownership;
    this.journal = { ...this.journal!, plan: { ...plan, epoch: epoch - 1 }, toStart: standpoint.start };
  }

  private async settlesWithoutJournal({ journal }: State): Promise<void> {
    const { monolith, extracted } = this.sides.controls;
    const [home, away] = [(await monolith.state()).ownership, (await extracted.state()).ownership];
    const from = journal!.from as Side;
    const plan: HandOff = {
      from: sideName(from),
      to: sideName(other(from)),
      epoch: Math.max(home.epoch, away.epoch) - 1,
      oldBelow: home.extractedBelow,
      newBelow: -1,
    };
    this.journal = { plan, mask: 0, upTo: 0, confirmed: null, toStart: '' };
  }

  /** An operator tells a side who owns. */
  private async tellsWhoOwns(side: Side): Promise<void> {
    const { agent } = this.sides.at(side);
    const [mine, his] = await Promise.all([agent.state(), this.sides.peer(side).agent.state()]);
    const { epoch } = mine.ownership;
    await agent.release({ epoch, extractedBelow: his.ownership.extractedBelow });
    await agent.raise({ epoch, to: his.ownership.epoch });
  }
}

const lost = () => Promise.reject(new Error('not now'));
const deaf = (agent: SideControl): SideControl =>
  ({ state: () => agent.state(), release: lost, raise: lost }) as unknown as SideControl;
