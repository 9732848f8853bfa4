import type { Msg, Subscription } from '@nats-io/transport-node';
import { buckets } from '../routes/bucket.js';
import type { Member } from '../routes/member.js';
import { policies } from '../routes/phase.js';
import type { RouteEntry, Routes, RouteTable } from '../routes/routes.js';
import { heard, type NatsLink } from './link.js';
import { anyDatabase } from './subjects.js';

/** A lost hint is made good within this time, in ms. */
const askEveryMs = 400;

/** Tells the services of this shop the routes of this process: on demand, and at once when they change. */
export function publishRoutes(link: NatsLink, routes: Routes): void {
  let subscriptions: Subscription[] = [];
  const tell = () => {
    const { member } = routes;
    if (member)
      link.current?.publish(link.subjects.routesChanged(member.shop), JSON.stringify(routes.snapshot()));
  };
  link.onConnection((connection) => {
    const listen = () => {
      for (const each of subscriptions) each.unsubscribe();
      const callback = heard((message) => message.respond(JSON.stringify(routes.snapshot())));
      // Also to whoever does not know yet which shop there is.
      subscriptions = (routes.member ? [routes.member.shop, anyDatabase] : []).map((shop) =>
        connection.subscribe(link.subjects.routesGet(shop), { callback }),
      );
      tell();
    };
    routes.onMember(listen);
    listen();
  });
  routes.onChange(tell);
  link.onUp(tell);
}

/** Learns the routes from the monolith of the shop that this process belongs to. Returns the way to stop. */
export function followRoutes(link: NatsLink, routes: Routes): () => void {
  let timer: NodeJS.Timeout | undefined;
  let subscription: Subscription | null | undefined;
  let stopped = false;
  const take = (message: Msg) => {
    const table = tableIn(message);
    if (table && isOf(table, routes.member)) routes.replace(table);
  };
  const askOnce = () => ask(link, routes.member, take);
  const askOn = async (): Promise<void> => {
    await askOnce();
    if (!stopped) timer = setTimeout(() => void askOn(), askEveryMs).unref();
  };
  let refreshing: Promise<unknown> | undefined;
  const refresh = () => {
    refreshing ??= askOnce().finally(() => (refreshing = undefined));
  };
  const stops = [routes.onRefresh(refresh)];
  link.onConnection((connection) => {
    const listen = () => {
      subscription?.unsubscribe();
      subscription =
        routes.member &&
        connection.subscribe(link.subjects.routesChanged(routes.member.shop), {
          callback: heard(take),
        });
      refresh();
    };
    if (stopped) return;
    stops.push(routes.onMember(listen));
    listen();
    void askOn();
  });
  return () => {
    stopped = true;
    for (const stop of stops) stop();
    subscription?.unsubscribe();
    clearTimeout(timer);
  };
}

async function ask(
  { current, subjects }: NatsLink,
  member: Member | null,
  take: (message: Msg) => void,
): Promise<void> {
  if (!current || !member) return;
  // Nobody there yet: asked again soon.
  await current.request(subjects.routesGet(member.shop), '', { timeout: 1_000 }).then(take, () => undefined);
}

/** Whoever says it: what is of another shop is not taken. */
const isOf = (table: RouteTable, member: Member | null): boolean =>
  member !== null && Object.values(table).every(({ databases }) => databases.monolith === member.shop);

/** The routes in a message, if it holds any. An exception here would end the reading of the whole connection. */
export function tableIn(message: Msg): RouteTable | undefined {
  try {
    const value = message.json();
    return isRouteTable(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRouteTable = (value: unknown): value is RouteTable =>
  isMapping(value) && Object.values(value).every(isRouteEntry);

/** A call must not be led astray, nor end in an exception, by what someone else has published. */
const isRouteEntry = (value: unknown): value is RouteEntry =>
  isMapping(value) &&
  Number.isInteger(value['version']) &&
  typeof value['start'] === 'string' &&
  Object.hasOwn(policies, String(value['phase'])) &&
  isBorder(value['extractedBelow']) &&
  isBorder(value['readsBelow']) &&
  (value['ack'] === 'both' || value['ack'] === 'owner') &&
  typeof value['degraded'] === 'boolean' &&
  isShare(value['shadowSample']) &&
  isMapping(value['databases']) &&
  typeof value['databases']['monolith'] === 'string' &&
  (value['databases']['extracted'] === null || typeof value['databases']['extracted'] === 'string') &&
  Array.isArray(value['cohorts']) &&
  value['cohorts'].every(isCohort);

const isCohort = (value: unknown): boolean =>
  isMapping(value) && typeof value['header'] === 'string' && typeof value['equals'] === 'string';

const isBorder = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= buckets;

const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
