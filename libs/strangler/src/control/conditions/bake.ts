import type { ModuleSettings } from '../config/settings.js';
import { hasCustomers } from './measured.js';
import type { Observed } from './observed.js';

/** For how long a step is watched as things are: shorter while no customer calls, in ms. */
export function bakeMsNow(observed: Observed, { bakeMs, probeBakeMs, gates }: ModuleSettings): number {
  const alone = gates.probes === 'on' && !hasCustomers(observed);
  return alone ? Math.min(bakeMs, probeBakeMs) : bakeMs;
}
