import type { ModuleStatus } from 'nestjs-strangler';
import type { Movable } from './options.js';

/** One part of the way: a module goes out, or comes back. */
export interface Leg {
  module: Movable;
  to: 'extracted' | 'monolith';
}

/** The whole way. */
export function tourOf(only: Movable | undefined): Leg[] {
  const there = only ?? 'inventory';
  const andBack: Leg[] = [
    { module: there, to: 'extracted' },
    { module: there, to: 'monolith' },
    { module: there, to: 'extracted' },
  ];
  return only ? andBack : [...andBack, { module: 'orders', to: 'extracted' }];
}

/** How a module is moved; the body of `POST /modules/:module/run` takes it as `settings`. */
export interface WalkSettings {
  ramp: number[];
  bake: string;
  gates: { lagMs: number; mismatchRate: number; errorRate: number; p99Ratio: number; minSamples: number };
}

/**
 * A real move bakes for minutes and wants hundreds of samples; a demo has seconds. The gates stay: none is at a value that
 * nothing can break. The latency gate is wide because a call over NATS is compared with one inside the process, over a
 * handful of calls.
 */
export function settingsFor(module: Movable): WalkSettings {
  const gates = { lagMs: 3_000, mismatchRate: 0, errorRate: 0.01, p99Ratio: 50, minSamples: 5 };
  // One in a hundred customers orders too seldom: a gate would wait for its samples.
  const first = module === 'inventory' ? 1 : 5;
  return { ramp: [first, 25, 50, 100], bake: '2s', gates };
}

/** What a leg looks like on screen: `inventory -> extracted`. */
export const nameOf = ({ module, to }: Leg): string => `${module} -> ${to}`;

/** Where a module is, for people: its phase, with its share while that changes. */
export const placeOf = ({ phase, percent, readsPercent }: ModuleStatus): string =>
  // A module that moves as a whole has its reads shifted first, and then everything at once.
  phase === 'shifting' ? `${phase} ${Number(Math.max(percent, readsPercent ?? 0).toFixed(1))} %` : phase;

/** Whether the module is where the leg ends, and nothing is under way. */
export const hasArrived = (status: ModuleStatus, { to }: Leg): boolean =>
  status.phase === to && status.wanted.phase === to && status.transition === null;

/** Whether the controller has given the leg up: a gate broke and it turned round, or somebody paused it. */
export const hasTurnedBack = (status: ModuleStatus, { to }: Leg): boolean =>
  status.paused || status.wanted.phase !== to;

/** Changes whenever the module gets on. Figures that change by themselves (times, lag, samples) are no progress. */
export const footprintOf = (status: ModuleStatus): string =>
  JSON.stringify([
    placeOf(status),
    status.wanted,
    status.transition?.action,
    status.transition?.step,
    status.backfill?.done,
    status.verify.running?.done,
    status.verify.checkedAt,
  ]);

/** How far a leg may be from its end when it stands still, in one sentence. */
export function standstill(status: ModuleStatus): string {
  const held = status.gates
    .filter(({ state }) => state !== 'pass')
    .map(
      ({ name, value, limit, samples, state }) =>
        `${name} ${state}: ${value ?? 'no value'} of ${limit}, ${samples} samples`,
    );
  const reasons = [status.waitingFor, ...held].filter((reason) => reason !== null);
  return `${status.module} stands at ${placeOf(status)}${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`;
}
