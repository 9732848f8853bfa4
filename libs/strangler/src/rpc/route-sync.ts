import type { Msg } from '@nats-io/transport-node';
import { buckets } from '../bucket.js';
import { policies } from '../phase.js';
import type { RouteEntry, Routes, RouteTable } from '../routes.js';
import type { NatsLink } from './link.js';

/** A lost hint is made good within this time, in ms. */
const askEveryMs = 400;
const askAgainMs = 400;

/** Tells other processes the routes of this one: on demand, and at once when they change. */
export function publishRoutes(link: NatsLink, routes: Routes): void {
  link.onConnection((connection) => {
    connection.subscribe(link.subjects.routesGet, {
      callback: (_error, message) => void message.respond(JSON.stringify(routes.snapshot())),
    });
  });
  const tell = () => link.current?.publish(link.subjects.routesChanged, JSON.stringify(routes.snapshot()));
  routes.onChange(tell);
  link.onUp(tell);
}

/** Learns the routes from the monolith. Returns the way to stop. */
export function followRoutes(link: NatsLink, routes: Routes): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const take = (message: Msg) => {
    const table = tableIn(message);
    if (table) routes.replace(table);
  };
  const ask = async (): Promise<void> => {
    const answered = await askOnce(link, take);
    if (!stopped) timer = setTimeout(() => void ask(), answered ? askEveryMs : askAgainMs).unref();
  };
  let refreshing: Promise<unknown> | undefined;
  const refresh = () => {
    refreshing ??= askOnce(link, take).finally(() => (refreshing = undefined));
  };
  const stopRefreshing = routes.onRefresh(refresh);
  link.onConnection((connection) => {
    connection.subscribe(link.subjects.routesChanged, { callback: (_error, message) => take(message) });
    void ask();
  });
  return () => {
    stopped = true;
    stopRefreshing();
    clearTimeout(timer);
  };
}

async function askOnce({ current, subjects }: NatsLink, take: (message: Msg) => void): Promise<boolean> {
  try {
    if (!current) return false;
    take(await current.request(subjects.routesGet, '', { timeout: 1_000 }));
    return true;
  } catch {
    // Nobody there yet: asked again soon.
    return false;
  }
}

/** The routes in a message, if it holds any. An exception here would end the reading of the whole connection. */
function tableIn(message: Msg): RouteTable | undefined {
  try {
    const value = message.json();
    return isRouteTable(value) ? versioned(value) : undefined;
  } catch {
    return undefined;
  }
}

/** Releases up to 0.1 say no version. */
const versioned = (table: RouteTable): RouteTable =>
  Object.fromEntries(
    Object.entries(table).map(([module, entry]) => [module, { ...{ version: 0, start: '' }, ...entry }]),
  );

const isRouteTable = (value: unknown): value is RouteTable =>
  isMapping(value) && Object.values(value).every(isRouteEntry);

/** A call must not be led astray, nor end in an exception, by what someone else has published. */
const isRouteEntry = (value: unknown): value is RouteEntry =>
  isMapping(value) &&
  Number.isInteger(value['version'] ?? 0) &&
  typeof (value['start'] ?? '') === 'string' &&
  Object.hasOwn(policies, String(value['phase'])) &&
  isBorder(value['extractedBelow']) &&
  isBorder(value['readsBelow']) &&
  (value['ack'] === 'both' || value['ack'] === 'owner') &&
  typeof value['degraded'] === 'boolean' &&
  isShare(value['shadowSample']) &&
  Array.isArray(value['cohorts']) &&
  value['cohorts'].every(isCohort);

const isCohort = (value: unknown): boolean =>
  isMapping(value) && typeof value['header'] === 'string' && typeof value['equals'] === 'string';

const isBorder = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= buckets;

const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
