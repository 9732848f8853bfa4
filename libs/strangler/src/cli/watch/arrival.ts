import type { ActionAnswer } from '../../control/commands/operator.js';
import type { ModuleStatus } from '../../control/terms/views.js';
import { phases, policies } from '../../routes/phase.js';

type Goal = NonNullable<ActionAnswer['goal']>;

/** How far out a module is: by phase, then by the share of the keys, or of the reads where only they move. */
function distance({ phase, percent }: Goal): number {
  const share = policies[phase].byShare ? (percent ?? 0) : 0;
  return phases.indexOf(phase) * 1_000 + share;
}

const placeOf = ({ phase, ownership, percent, readsPercent = 0 }: ModuleStatus): Goal => ({
  phase,
  percent: ownership === 'whole' ? readsPercent : percent,
});

/** Follows a module on the way to a place, which it may pass between two looks. */
export class Arrival {
  private readonly out: boolean;
  private wanted: string | undefined;

  /** `before`: where it stood when it was asked to go. */
  constructor(
    before: ModuleStatus,
    private readonly goal: Goal,
  ) {
    this.out = distance(goal) >= distance(placeOf(before));
  }

  /** Whether it is `there`, still `going`, or `turned`: it has gone back by itself, or somebody wants something else. */
  see(status: ModuleStatus): 'there' | 'going' | 'turned' {
    const left = distance(this.goal) - distance(placeOf(status));
    if (!status.transition && (this.out ? left <= 0 : left >= 0)) return 'there';
    const wanted = `${status.wanted.phase} ${status.wanted.percent}`;
    this.wanted ??= wanted;
    return wanted === this.wanted ? 'going' : 'turned';
  }
}
