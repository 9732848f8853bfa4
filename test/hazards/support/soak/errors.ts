import type { Event } from '../history.js';

/** When something failed, by the clock of the history, in ms; what began within it may have been in its way. */
export interface Outage {
  what: string;
  began: number;
  /** When all were ready and customers were answered again; Infinity: they are not yet. */
  ended: number;
}

/** What a customer may be told while something fails (docs/what-if.md), by its status and code; beside what only: else beside all. */
const permitted: ReadonlyMap<string, ReadonlySet<string> | undefined> = new Map([
  // Nothing was done.
  ['503 unavailable', undefined],
  // Nobody knows whether a write was done.
  ['504 outcome_unknown', undefined],
  // Of the load balancer: the process has died that was about to answer.
  ['502 broke_off', new Set(['kill', 'monolith killed'])],
]);

const isPermitted = (name: string, meanwhile: readonly Outage[]): boolean =>
  permitted.has(name) && meanwhile.some(({ what }) => permitted.get(name)?.has(what) ?? true);

const nameOf = ({ status, detail }: Event): string => `${status} ${detail}`;

/** What is no error: a product that nobody has described yet; somebody registers again whose first answer was lost. */
const answers: ReadonlySet<string> = new Set(['see 404 not_found', 'register 409 email_taken']);

const isError = (event: Event): boolean =>
  (event.status === 0 || event.status >= 400) && !answers.has(`${event.operation} ${nameOf(event)}`);

const during = ({ began, ended }: Event, outages: readonly Outage[]): Outage[] =>
  outages.filter((outage) => began <= outage.ended && ended >= outage.began);

/** Errors that no outage explains, and those that are not permitted at any time. Pure. */
export function unexplained(events: readonly Event[], outages: readonly Outage[]): string[] {
  return events.filter(isError).flatMap((event) => {
    const [name, meanwhile] = [nameOf(event), during(event, outages)];
    if (isPermitted(name, meanwhile)) return [];
    const when = `${event.began.toFixed(0)}–${event.ended.toFixed(0)} ms`;
    const beside = meanwhile.map(({ what }) => what).join(', ') || 'nothing that failed';
    return [`${event.operation} ${event.subject} was answered ${name} at ${when}, beside ${beside}`];
  });
}

/** How often customers were told what, by the kind of what failed meanwhile. Pure. */
export function errorCounts(
  events: readonly Event[],
  outages: readonly Outage[],
): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const event of events.filter(isError)) {
    const names = new Set(during(event, outages).map(({ what }) => what));
    for (const what of names.size > 0 ? names : ['nothing']) {
      const of = (counts[what] ??= {});
      of[nameOf(event)] = (of[nameOf(event)] ?? 0) + 1;
    }
  }
  return counts;
}

/** How often each operation was answered what, since then. Pure. */
export function answersSince(events: readonly Event[], since: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of events.filter(({ ended }) => ended >= since)) {
    const name = `${event.operation} ${nameOf(event).trim()}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
