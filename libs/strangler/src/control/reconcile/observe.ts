import { policies } from '../../routes/phase.js';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SideControl, SideState } from '../../sides/side.js';
import { absenceOf, type Absence } from '../conditions/absence.js';
import type { Clock } from '../terms/clock.js';
import type { Observed } from '../conditions/observed.js';
import { isAtHome, type ModuleRow } from '../store/module-row.js';
import type { ControlNeeds } from './needs.js';
import type { Verification, VerificationStore } from '../store/verification-store.js';

/** How long a side may take to say how it is, in ms of this machine, whatever the clock of the controller is. */
const patienceMs = 2_000;

/** Looks at everything that a decision about a module rests on. */
export class Observer {
  constructor(
    private readonly needs: ControlNeeds,
    private readonly verifications: VerificationStore,
    private readonly clock: Clock,
  ) {}

  /** `last`: with what matters only before the step from which there is no way back. `read`: the verification, where it was read just now. */
  async look(
    row: ModuleRow,
    last = policies[row.wanted.phase].ended,
    read?: Verification,
  ): Promise<Observed> {
    const { module } = row;
    const { stepSince } = row;
    const now = this.timeOf(row);
    const [sides, evidence, verification, localUse] = await Promise.all([
      this.sides(row),
      this.needs.evidence(module, now - stepSince),
      read ?? this.verifications.read(module),
      last ? this.needs.localUse(module) : [],
    ]);
    const { beganAt, differences } = verification;
    this.clock.saw(beganAt ?? 0);
    return {
      now,
      ...sides,
      evidence,
      verified: { beganAt, differences },
      localUse,
      approved: row.approved.map(({ percent }) => percent),
      stepSince,
    };
  }

  /** Not before what stands in the row: another leader has written it, by the clock of another machine. */
  private timeOf({ stepSince, phaseSince, transition, wanted }: ModuleRow): number {
    this.clock.saw(Math.max(stepSince, phaseSince, wanted.since, transition?.begun ?? 0));
    return this.clock.now();
  }

  /** A side that does not answer is null, and so, unless `everywhere`, is the other side of a module at home. */
  async sides(row: ModuleRow, everywhere = false): Promise<Pick<Observed, 'states' | 'absent'>> {
    const sides = this.needs.sides(row.module);
    const [monolith, extracted] = await Promise.all([
      this.ask(sides.monolith),
      isAtHome(row) && !everywhere ? notAsked : this.ask(sides.extracted),
    ]);
    return {
      states: { monolith: monolith.state, extracted: extracted.state },
      absent: { monolith: monolith.absent, extracted: extracted.absent },
    };
  }

  private async ask(side: SideControl): Promise<Look> {
    const answered = new AbortController();
    try {
      return await Promise.race([
        side.state().then((state) => ({ state, absent: null })),
        sleep(patienceMs, tooLate, { signal: answered.signal, ref: false }),
      ]);
    } catch (error) {
      return { state: null, absent: absenceOf(error) };
    } finally {
      answered.abort();
    }
  }
}

interface Look {
  state: SideState | null;
  /** Null: it answered, or was not asked. */
  absent: Absence | null;
}

const notAsked: Look = { state: null, absent: null };
const tooLate: Look = {
  state: null,
  absent: { kind: 'silent', detail: `no answer in ${patienceMs / 1_000} s` },
};
