import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { policies } from '../phase.js';
import type { Routes, RouteTable } from '../routes.js';
import type { NatsLink } from './link.js';

const changedSubject = 'routes.changed';
const askSubject = 'routes.get';
/** A lost hint is made good within this time, in ms. */
const askEveryMs = 5_000;
const askAgainMs = 500;

/** Tells other processes the routes of this one: on demand, and at once when they change. */
export function publishRoutes(link: NatsLink, routes: Routes): void {
  link.onConnection((connection) => {
    connection.subscribe(askSubject, {
      callback: (_error, message) => void message.respond(JSON.stringify(routes.snapshot())),
    });
  });
  const tell = () => link.current?.publish(changedSubject, JSON.stringify(routes.snapshot()));
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
    const answered = await askOnce(link.current, take);
    if (!stopped) timer = setTimeout(() => void ask(), answered ? askEveryMs : askAgainMs).unref();
  };
  link.onConnection((connection) => {
    connection.subscribe(changedSubject, { callback: (_error, message) => take(message) });
    void ask();
  });
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function askOnce(
  connection: NatsConnection | undefined,
  take: (message: Msg) => void,
): Promise<boolean> {
  try {
    if (!connection) return false;
    take(await connection.request(askSubject, '', { timeout: 1_000 }));
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
    return isRouteTable(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRouteTable = (value: unknown): value is RouteTable =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((phase) => Object.hasOwn(policies, String(phase)));
