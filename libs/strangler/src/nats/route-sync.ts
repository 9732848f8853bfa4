import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { buckets } from '../routes/bucket.js';
import type { Member } from '../routes/member.js';
import { policies } from '../routes/phase.js';
import { corrected, type RouteEntry, type Routes, type RouteTable } from '../routes/routes.js';
import { heard, type NatsLink } from './link.js';
import { anyDatabase } from './subjects.js';

/** A lost hint is made good within this time, in ms. */
const askEveryMs = 400;
/** Who does not answer within it is asked again soon, in ms. */
const patience = { timeout: 1_000 };

/**
 * Tells the services of this shop the routes of this process: on demand, and at once when they change.
 *
 * @internal
 */
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

/**
 * For a service: says of each module of this process where its own database has it, to whoever asks because the monolith is silent. NATS
 * lets it say that of its own module alone ({@link natsPermissions}). Returns the way to stop.
 */
export function tellOwnRoutes(
  link: NatsLink,
  routes: Routes,
  entryOf: (module: string) => RouteEntry | undefined,
): () => void {
  let subscriptions: Subscription[] = [];
  let stopListening: () => void = () => undefined;
  let stopped = false;
  const answer = (module: string) =>
    heard((message) => {
      const entry = entryOf(module);
      if (entry) message.respond(JSON.stringify({ [module]: entry }));
    });
  link.onConnection((connection) => {
    const listen = () => {
      for (const each of subscriptions) each.unsubscribe();
      const { shop, modules = [] } = routes.member ?? {};
      subscriptions = modules.flatMap((module) =>
        [shop!, anyDatabase].map((of) =>
          connection.subscribe(link.subjects.routeOf(module, of), { callback: answer(module) }),
        ),
      );
    };
    if (stopped) return;
    stopListening = routes.onMember(listen);
    listen();
  });
  return () => {
    stopped = true;
    stopListening();
    for (const each of subscriptions) each.unsubscribe();
  };
}

/**
 * Learns the routes from the monolith of the shop that this process belongs to; while that is silent, from the services of `modules`, of
 * each where its own is. Returns the way to stop.
 *
 * @internal
 */
export function followRoutes(link: NatsLink, routes: Routes, modules: readonly string[]): () => void {
  let timer: NodeJS.Timeout | undefined;
  let subscription: Subscription | null | undefined;
  let stopped = false;
  let tables = 0;
  const take = (message: Msg) => {
    const table = tableIn(message);
    if (!table || !isOf(table, routes.member)) return;
    tables++;
    routes.replace(table);
  };
  const askOnce = async () => {
    const { current } = link;
    const { member } = routes;
    if (!current || !member) return;
    const before = tables;
    await current.request(link.subjects.routesGet(member.shop), '', patience).then(take, () => undefined);
    if (tables > before) return;
    // Its own, too: a module calls itself to settle what it did outside.
    const said = (
      await askServices(current, modules, (module) => link.subjects.routeOf(module, member.shop))
    ).filter(([, entry]) => entry.databases.monolith === routes.member?.shop);
    // It has spoken meanwhile, or nobody has.
    if (tables > before || said.length === 0) return;
    const known = routes.snapshot();
    const now = said.map(([module, entry]) => [module, corrected(known[module], entry)] as const);
    routes.replace({ ...known, ...Object.fromEntries(now) });
  };
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

/** What the services of these modules say, each of its own. */
async function askServices(
  connection: NatsConnection,
  modules: readonly string[],
  subjectOf: (module: string) => string,
): Promise<[string, RouteEntry][]> {
  const said = await Promise.all(
    modules.map((module) =>
      connection.request(subjectOf(module), '', patience).then(
        (message) => entriesIn(message, module),
        () => [],
      ),
    ),
  );
  return said.flat();
}

/** What an answer says of that module; whatever else stands in it was not asked of whoever answers. */
export const entriesIn = (message: Msg, module: string): [string, RouteEntry][] => {
  const entry = tableIn(message)?.[module];
  return entry ? [[module, entry]] : [];
};

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
  (value['rehearse'] === undefined || isShare(value['rehearse'])) &&
  isMapping(value['databases']) &&
  isName(value['databases']['monolith']) &&
  (value['databases']['extracted'] === null || isName(value['databases']['extracted'])) &&
  Array.isArray(value['cohorts']) &&
  value['cohorts'].every(isCohort);

const isCohort = (value: unknown): boolean =>
  isMapping(value) && typeof value['header'] === 'string' && typeof value['equals'] === 'string';

/** It becomes a word of subjects. */
const isName = (value: unknown): boolean => typeof value === 'string' && /^[\w-]{1,64}$/.test(value);

const isBorder = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= buckets;

const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
