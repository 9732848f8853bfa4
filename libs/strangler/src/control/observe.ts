import type { Side } from '../phase.js';
import type { SideControl, SideState } from '../side/side.js';
import type { Clock } from './clock.js';
import type { Observed } from './gates.js';
import { isAtHome, type ModuleRow } from './module-row.js';
import type { ControlNeeds } from './needs.js';
import type { VerificationStore } from './verification-store.js';

/** How long a side may take to say how it is, in ms. */
const patienceMs = 2_000;

/** Looks at everything that a decision about a module rests on. */
export class Observer {
  constructor(
    private readonly needs: ControlNeeds,
    private readonly verifications: VerificationStore,
    private readonly clock: Clock,
  ) {}

  /** `last`: with what matters only before the step from which there is no way back. */
  async look(row: ModuleRow, last = row.wanted.phase === 'decommissioned'): Promise<Observed> {
    const { module } = row;
    const [states, stats, shadow, verification, localUse] = await Promise.all([
      this.states(row),
      this.needs.stats(module),
      this.needs.shadow(module),
      this.verifications.read(module),
      last ? this.needs.localUse(module) : [],
    ]);
    const { beganAt, differences } = verification;
    const { stepSince } = row;
    return {
      now: this.clock.now(),
      states,
      stats,
      shadow,
      verified: { beganAt, differences },
      localUse,
      approved: row.approved.map(({ percent }) => percent),
      stepSince,
    };
  }

  /** A side that does not answer is null, and so, unless `everywhere`, is the other side of a module at home. */
  async states(row: ModuleRow, everywhere = false): Promise<Record<Side, SideState | null>> {
    const sides = this.needs.sides(row.module);
    const [monolith, extracted] = await Promise.all([
      this.ask(sides.monolith),
      isAtHome(row) && !everywhere ? null : this.ask(sides.extracted),
    ]);
    return { monolith, extracted };
  }

  private async ask(side: SideControl): Promise<SideState | null> {
    const answered = new AbortController();
    try {
      return await Promise.race([
        side.state(),
        this.clock.sleep(patienceMs, answered.signal).then(() => null),
      ]);
    } catch {
      return null;
    } finally {
      answered.abort();
    }
  }
}
