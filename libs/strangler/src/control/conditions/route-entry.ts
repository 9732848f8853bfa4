import { buckets } from '../../routes/bucket.js';
import { policies, type Phase } from '../../routes/phase.js';
import { routeOf, type RouteEntry } from '../../routes/routes.js';
import type { Observed } from './observed.js';
import type { Position } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';

/** What the routers are told of a module. */
export const entryOf = (row: ModuleRow, at: Position, observed: Observed): RouteEntry => ({
  ...placeOf(row, at, observed),
  ...rehearsalsOf(row, at),
});

/** Commands are rehearsed once the new side has a copy, and until it owns something: then those of customers come to it. */
function rehearsalsOf(
  { settings: { rehearse } }: ModuleRow,
  { phase, below }: Position,
): Partial<RouteEntry> {
  const { shadowed, checksReads } = policies[phase];
  return (shadowed || checksReads) && below === 0 && rehearse > 0 ? { rehearse } : {};
}

function placeOf(row: ModuleRow, { phase, below, percent }: Position, observed: Observed): RouteEntry {
  const { ack, cohorts, shadowSample } = row.settings;
  const { version } = row;
  const resting = { ...routeOf(phase), version, ack, degraded: isDegraded(phase, observed) };
  const { shadowed, byShare } = policies[phase];
  if (shadowed) return { ...resting, shadowSample };
  if (!byShare) return resting;
  return { ...resting, extractedBelow: below, readsBelow: (percent * buckets) / 100, cohorts };
}

/** A side does not confirm, or cannot even be asked: shifted reads go to the owner. */
export const isDegraded = (
  phase: Phase,
  { states: { monolith, extracted } }: Pick<Observed, 'states'>,
): boolean =>
  policies[phase].replicates.length > 0 &&
  (extracted === null || Boolean(monolith?.outgoing.degradedSince ?? extracted.outgoing.degradedSince));
