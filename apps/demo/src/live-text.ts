import type { ModuleStatus } from 'nestjs-strangler';
import { milliseconds } from './stretch-text.js';
import { placeOf, type Leg } from './tour.js';

/** Expected durations of legs that nothing is known of yet, s. */
const usual = { extracted: 40, monolith: 15 };
/** For the account at the end, s. */
const closing = 10;
const rateOverMs = 5_000;

/** What the live line shows. */
export interface Live {
  leg: number;
  legs: number;
  status: ModuleStatus;
  ordersPerSecond: number;
  errors: number;
  /** s. */
  left: number;
}

/** The line that changes. */
export function liveText({ leg, legs, status, ordersPerSecond, errors, left }: Live): string {
  const { backfill, verify, lagMs, waitingFor } = status;
  const parts = [
    `[${leg + 1}/${legs}] ${status.module} ${placeOf(status)}`,
    ...share('backfill', backfill),
    ...share('verify', verify.running),
    `${ordersPerSecond.toFixed(1)} orders/s`,
    `lag ${milliseconds(lagMs)}`,
    ...(errors > 0 ? [`${errors} ERRORS`] : []),
    `about ${duration(left)} left`,
    ...(waitingFor === null ? [] : [waitingFor]),
  ];
  return parts.join(' · ');
}

/** Orders a second, of late. @param promisedAt ms, rising */
export function rateOf(promisedAt: readonly number[], now: number): number {
  const late = promisedAt.length - promisedAt.findLastIndex((at) => at <= now - rateOverMs) - 1;
  return late / (rateOverMs / 1_000);
}

/**
 * What is left of the way, s: a leg takes as long as the last one of its kind.
 *
 * @param taken durations of the legs behind us, s
 * @param elapsed of the leg under way, s
 */
export function secondsLeft(tour: readonly Leg[], taken: readonly number[], elapsed: number): number {
  const expected = tour.map(({ to }) => {
    const last = tour.findLastIndex((leg, i) => leg.to === to && i < taken.length);
    return taken[last] ?? usual[to];
  });
  const [current = 0, ...ahead] = expected.slice(taken.length);
  return Math.max(1, current - elapsed) + ahead.reduce((sum, seconds) => sum + seconds, 0) + closing;
}

/** How far something is, while it is on its way and it is known how far it is to go. */
function share(name: string, progress: { done: number; total: number } | null): string[] {
  if (progress === null || progress.done >= progress.total) return [];
  return [`${name} ${Math.floor((100 * progress.done) / progress.total)} %`];
}

/** A duration for people: `42 s`, `3 min 5 s`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
