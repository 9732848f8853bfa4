import { plainAdvice } from '#strangler/control/conditions/advice';
import type { Clock } from '#strangler/control/terms/clock';
import { Controller, type ControllerOptions } from '#strangler/control/controller';
import type { ModuleRow } from '#strangler/control/store/module-row';
import { ModuleStore } from '#strangler/control/store/module-store';
import type { ControlBoundary, ControlNeeds } from '#strangler/control/reconcile/needs';
import { Notes } from '#strangler/control/store/notes';
import { Observer } from '#strangler/control/reconcile/observe';
import { Rates } from '#strangler/control/reconcile/rates';
import { defaultSettings, type ModuleSettings } from '#strangler/control/config/settings';
import { StateWindows } from '#strangler/control/store/state-windows';
import { VerificationStore } from '#strangler/control/store/verification-store';
import { Verifier } from '#strangler/control/reconcile/verifier';
import { Reconciler } from '#strangler/control/reconcile/reconciler';
import type { Phase } from '#strangler/routes/phase';
import type { RouteEntry } from '#strangler/routes/routes';
import { noCalls, noComparisons, type Evidence } from '#strangler/evidence/evidence';
import { directSides, parcels, wholeParcels, type Sides } from './sides.js';
import { until } from './until.js';

/** Ten times as fast as the time of this machine, so that nothing waits for long. */
const haste = 10;
const begun = Date.now();
const measured = performance.now();
export const fastClock: Clock = {
  now: () => begun + (performance.now() - measured) * haste,
  saw: () => undefined,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms / haste);
      signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    }),
};
const drainMs = 50_000;

/** Gates that need no traffic and no time. */
export const fastSettings: ModuleSettings = {
  ...defaultSettings,
  ramp: [10, 50, 100],
  bakeMs: 0,
  gates: { ...defaultSettings.gates, lagMs: 10_000, minSamples: 0 },
};

const quietSides = { monolith: noCalls, extracted: noCalls };
const quietBoth = { probe: quietSides, customer: quietSides };
/** Nobody calls. */
export const quiet: Omit<Evidence, 'ageMs'> = {
  calls: quietBoth,
  recent: quietBoth,
  shadow: { probe: noComparisons, customer: noComparisons },
  rehearsal: noComparisons,
  probing: { able: 'no query', queries: true, anyReads: false },
};

/** A module with both its databases, under the controller; its figures are what a test says. */
export class Controlled {
  readonly module = 'parcels';
  readonly published: RouteEntry[] = [];
  evidence: Omit<Evidence, 'ageMs'> = quiet;
  localUse: string[] = [];
  /** How often verify ran. */
  verified = 0;
  readonly store: ModuleStore;
  private controllers: Controller[] = [];
  /** What a controller needs of this module; one that a test makes may do some of it by itself. */
  readonly needs: ControlNeeds;

  private constructor(
    readonly sides: Sides,
    private readonly ownership: 'by-key' | 'whole',
  ) {
    this.store = new ModuleStore(sides.monolith.database);
    this.needs = {
      modules: [{ module: this.module, ownership }],
      sides: () => sides.controls,
      verify: async () => {
        this.verified += 1;
        const differences = await this.differences();
        return { rows: 1, differences: differences.length, repaired: 0, examples: differences, left: [] };
      },
      evidence: (_module, ageMs) => Promise.resolve({ ...this.evidence, ageMs }),
      outage: () => Promise.resolve(),
      probe: () => undefined,
      clearMismatches: () => Promise.resolve(0),
      mismatches: () => Promise.resolve([]),
      localUse: () => Promise.resolve(this.localUse),
      publish: (_module, entry) => void this.published.push(entry),
    };
  }

  static async open(ownership: 'by-key' | 'whole' = 'by-key'): Promise<Controlled> {
    const sides = await directSides(ownership === 'whole' ? wholeParcels : parcels);
    const made = new Controlled(sides, ownership);
    await made.store.ensure(made.module, fastSettings, fastClock.now());
    return made;
  }

  /** A controller as a process has it, and its operator. Stopped by {@link close}. */
  controller({
    wakesServers,
    ...options
  }: Pick<ControllerOptions, 'boundary' | 'findings' | 'advice' | 'writer' | 'leaderOf' | 'clock'> &
    Pick<ControlNeeds, 'wakesServers'> = {}): Controller {
    const needs = { ...this.needs, ...(wakesServers && { wakesServers }) };
    const { database } = this.sides.monolith;
    const made = new Controller({ database, needs, clock: fastClock, drainMs, ...options });
    this.controllers.push(made);
    return made;
  }

  /** The part of a controller that dies in tests of crashes: one walk, tick by tick. */
  reconciler(boundary?: ControlBoundary): Reconciler {
    const { needs, store } = this;
    const verifications = new VerificationStore(this.sides.monolith.database);
    const verifier = new Verifier(needs, verifications, store.history, fastClock);
    const observer = new Observer(needs, verifications, fastClock);
    const notes = new Notes(this.sides.monolith.database);
    const parts = {
      ...{ needs, store, verifications, verifier, observer, clock: fastClock, drainMs, boundary },
      ...{ notes, states: new StateWindows(this.sides.monolith.database), rates: new Rates() },
      advice: plainAdvice,
    };
    return new Reconciler(parts, { module: this.module, ownership: this.ownership });
  }

  row(): Promise<ModuleRow> {
    return this.store.read(this.module);
  }

  /** Without the controller's consent, as when a test begins somewhere. */
  async want(phase: Phase, percent: number | null = null): Promise<void> {
    const wanted = { phase, percent, by: 'operator', actor: 'ann', since: fastClock.now() } as const;
    await this.store.amend(this.module, () => ({ change: { wanted } }));
  }

  /** Rests in the phase. */
  async reaches(phase: Phase, percent?: number): Promise<void> {
    await until(`${this.module} is ${phase} ${percent ?? ''}`, async () => {
      const row = await this.row();
      const there = row.phase === phase && (percent === undefined || row.percent === percent);
      return there && !row.transition ? true : undefined;
    });
  }

  /** Ticks a reconciler that dies and is replaced whenever `boundary` throws, until the module rests in the phase. */
  async walkTo(phase: Phase, boundary?: ControlBoundary): Promise<number> {
    let deaths = 0;
    let reconciler = this.reconciler(boundary);
    await until(`it walks to ${phase}`, async () => {
      try {
        await reconciler.tick();
      } catch (error) {
        if (!(error instanceof Death)) throw error;
        deaths += 1;
        reconciler = this.reconciler(boundary);
      }
      const row = await this.row();
      return row.phase === phase && !row.transition ? true : undefined;
    });
    return deaths;
  }

  async differences(): Promise<string[]> {
    const sql = 'select code, weight from parcels.parcel order by code';
    const [here, there] = await Promise.all([
      this.sides.monolith.test.query<Parcel>(sql),
      this.sides.extracted.test.query<Parcel>(sql),
    ]);
    const text = ({ code, weight }: Parcel): string => `${code}=${weight}`;
    const [a, b] = [here.map(text), there.map(text)];
    return [...a.filter((row) => !b.includes(row)), ...b.filter((row) => !a.includes(row))];
  }

  async close(): Promise<void> {
    await Promise.all(this.controllers.map((controller) => controller.stop()));
    await this.sides.close();
  }
}

interface Parcel {
  code: string;
  weight: number;
}

/** The controller's process dies. */
class Death extends Error {}

/** Dies at every boundary once: before and after each journalled write and each action, wherever the module is then. */
export function dyingOnceEverywhere(controlled: Controlled): ControlBoundary {
  const seen = new Set<string>();
  return async (_module, what, moment) => {
    const { phase, percent, wanted, transition } = await controlled.row();
    const place = [what, moment, phase, percent, wanted.phase, transition?.step.kind].join(' ');
    if (seen.has(place)) return;
    seen.add(place);
    throw new Death(place);
  };
}
