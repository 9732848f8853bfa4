import type { HistoryEntry, ModuleStatus } from 'nestjs-strangler';
import type { AdminClient } from 'nestjs-strangler/cli';
import { sleepUnless } from '#sample';
import { footprintOf, hasArrived, hasTurnedBack, nameOf, settingsFor, standstill, type Leg } from './tour.js';

const pollMs = 200;
/** So many entries of a history are looked at. */
const newest = 20;
/** A step takes seconds; one that waits for a table, or for samples, takes longer on a machine that is busy. */
const patienceMs = 90_000;

/** A module did not get where it was to go; the message says where it is, and why as far as is known. */
export class WalkError extends Error {}

/** The admin API, as far as a walk needs it. */
export interface ControlPlane extends Pick<AdminClient, 'module' | 'history'> {
  act(module: string, verb: string, body: object): Promise<unknown>;
}

/** What a walk needs. */
export interface WalkOptions {
  admin: ControlPlane;
  /** Told of every look at the module. */
  onStatus: (status: ModuleStatus) => void;
  stop: AbortSignal;
  /** How long nothing may happen, in ms. */
  patienceMs?: number;
}

/** Has a module walk, and watches it until it is there or `stop` says so. @throws {WalkError} @throws {Failure} */
export async function walk(leg: Leg, options: WalkOptions): Promise<void> {
  const { admin, stop } = options;
  const known = new Set((await admin.history(leg.module, newest)).map(({ id }) => id));
  if (leg.to === 'extracted') await admin.act(leg.module, 'run', { settings: settingsFor(leg.module) });
  else await admin.act(leg.module, 'rollback', { to: leg.to });
  const standsStill = watchFor(options.patienceMs ?? patienceMs);
  while (!stop.aborted) {
    const status = await admin.module(leg.module);
    options.onStatus(status);
    if (hasArrived(status, leg)) return;
    if (hasTurnedBack(status, leg) || standsStill(status)) {
      const news = (await admin.history(leg.module, newest)).filter(({ id }) => !known.has(id));
      throw new WalkError(
        `${nameOf(leg)} was not finished. ${[standstill(status), ...complaints(news)].join('\n  ')}`,
      );
    }
    await sleepUnless(stop, pollMs);
  }
}

/** Looks at a module for some time, in ms, while nothing is asked of it. */
export async function linger(
  module: string,
  ms: number,
  { admin, onStatus, stop }: WalkOptions,
): Promise<void> {
  const end = performance.now() + ms;
  while (!stop.aborted && performance.now() < end) {
    onStatus(await admin.module(module));
    await sleepUnless(stop, pollMs);
  }
}

/** Says whether nothing has happened for so long. */
function watchFor(ms: number): (status: ModuleStatus) => boolean {
  let seen = '';
  let since = 0;
  return (status) => {
    const now = performance.now();
    const footprint = footprintOf(status);
    if (footprint !== seen) [seen, since] = [footprint, now];
    return now - since >= ms;
  };
}

const troubles: readonly string[] = ['refused', 'aborted', 'failed'];

/** What the history says of trouble, oldest first. */
const complaints = (news: readonly HistoryEntry[]): string[] =>
  [...news]
    .sort((a, b) => a.id - b.id)
    .filter(({ action, outcome }) => action === 'return' || troubles.includes(outcome))
    .map(
      ({ action, outcome, reason, figures }) =>
        `${action} ${outcome}: ${reason ?? ''} ${JSON.stringify(figures)}`,
    );
