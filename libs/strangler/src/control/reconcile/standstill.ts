import { policies, type Side } from '../../routes/phase.js';
import { policyOf } from '../../routes/routes.js';
import type { SideControl } from '../../sides/side.js';
import type { Clock } from '../terms/clock.js';
import type { Observed } from '../conditions/observed.js';
import type { Step } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';

type HandOffStep = Step & { kind: 'hand-off' };

const fromOf = ({ below }: HandOffStep, { monolith }: Observed['states']): Side =>
  below > (monolith?.ownership.extractedBelow ?? 0) ? 'monolith' : 'extracted';

type Sides = Readonly<Record<Side, SideControl>>;

/** A process leaves the check of a read out for a second after it has read that nothing shifts; so long after, none does. In ms. */
const heardMs = 2_000;

/**
 * Tells the owner of a module, in its own database, whether owners may change: there every process that answers for the owner
 * reads it. What routers believe does not count.
 */
export class Standstill {
  /** What this leader has read of a side without a break: under which number, and since when. */
  private readonly heard = new Map<Side, { number: number; since: number }>();

  constructor(private readonly clock: Clock) {}

  /**
   * Notes what the sides say; and where the phase says that owners do not change, has the owner say so. Answers whether it was
   * told: what was observed of it is then out of date.
   */
  async keep(row: ModuleRow, { states }: Pick<Observed, 'states'>, sides: Sides): Promise<boolean> {
    for (const side of ['monolith', 'extracted'] as const) this.note(side, states[side]?.ownership.mayShift);
    const { checksReads, commands } = policyOf(row);
    if (checksReads || commands === 'owner' || row.transition) return false;
    const owner = states[commands]?.ownership;
    if (!owner || owner.mayShift === null) return false;
    return sides[commands].mayShift({ version: owner.version, may: false }).catch(() => false);
  }

  /** Before a step: whether it may begin. One that lets owners change has the owner of all told first. */
  async lets(
    step: Step,
    row: ModuleRow,
    { states }: Pick<Observed, 'states'>,
    sides: Sides,
  ): Promise<boolean> {
    if (step.kind === 'phase' && policies[step.to].checksReads) {
      const owner = policyOf(row).commands as Side;
      const version = states[owner]?.ownership.version;
      return version !== undefined && sides[owner].mayShift({ version, may: true }).catch(() => false);
    }
    if (step.kind !== 'hand-off') return true;
    const from = fromOf(step, states);
    const owner = states[from]?.ownership;
    // Somebody who was thought dead has taken it back.
    if (owner?.mayShift === null) await sides[from].mayShift({ version: owner.version, may: true });
    return this.numberOf(step, { states }) !== null;
  }

  /** Of a hand-off: under which number its owner has said for long enough that owners may change; null: it has not. */
  numberOf(step: Step, { states }: Pick<Observed, 'states'>): number | null {
    if (step.kind !== 'hand-off') return null;
    const heard = this.heard.get(fromOf(step, states));
    return heard && this.clock.now() - heard.since >= heardMs ? heard.number : null;
  }

  private note(side: Side, number: number | null | undefined): void {
    if (number === null || number === undefined) this.heard.delete(side);
    else if (this.heard.get(side)?.number !== number)
      this.heard.set(side, { number, since: this.clock.now() });
  }
}
