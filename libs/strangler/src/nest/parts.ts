import type { DataSource } from 'typeorm';
import { LocalModules } from '../calls/local-modules.js';
import { Copies } from '../calls/copies/copies.js';
import { Events } from '../calls/events/events.js';
import { Subscribers } from '../calls/events/subscribers.js';
import { NatsCalls } from '../calls/remote/client.js';
import { GuardedCalls } from '../calls/resilience/guarded-calls.js';
import { ContractServer } from '../calls/remote/server.js';
import { Router } from '../calls/router.js';
import type { RemoteCalls } from '../calls/side-calls.js';
import { UnavailableError } from '../contract/errors.js';
import { CallMetrics } from '../control/call-metrics.js';
import { ControlPlane, type SteeringOptions } from '../control/control-plane.js';
import { problemOfWebhooks } from '../control/webhooks/webhook-options.js';
import { Database } from '../database/database.js';
import { monolithUser } from '../nats/permissions.js';
import { OutsideStream } from '../nats/outside-stream.js';
import { defaultRetention, longestEventsMs, type Retention } from '../engine/pruning/retention.js';
import type { NatsLink } from '../nats/link.js';
import { observers } from '../operate/metrics/call-tally.js';
import { StartError } from '../operate/health/start-error.js';
import { ToolkitMetrics } from '../operate/metrics/toolkit-metrics.js';
import { routeOf, Routes } from '../routes/routes.js';
import { Agents } from '../sides/agents.js';
import type { NatsOptions, StranglerOptions } from './options.js';
import { alone, Calling, Following, Steering, type Role } from './roles.js';

/** What of the toolkit there is once in a process. */
export interface Parts {
  readonly routes: Routes;
  readonly modules: LocalModules;
  readonly router: Router;
  /** Calls that leave the process; where there is NATS. */
  readonly guarded: GuardedCalls | undefined;
  readonly subscribers: Subscribers;
  readonly events: Events;
  /** Where outsiders are told of them; `undefined`: nowhere. */
  readonly eventStream: OutsideStream | undefined;
  readonly agents: Agents;
  readonly calls: CallMetrics;
  readonly metrics: ToolkitMetrics;
  readonly role: Role;
  /** The toolkit's connections to the database of its modules, or to its own where it carries none. */
  readonly database: Database | undefined;
  /** Where there is NATS. */
  readonly link: NatsLink | undefined;
  readonly server: ContractServer | undefined;
  readonly copies: Copies | undefined;
  /** In the monolith, where there is NATS. */
  readonly plane: ControlPlane | undefined;
}

/** Makes the parts; nothing has begun. Without `link` all modules are here. `dataSource`: of a process with a side. */
export function processPartsOf(
  options: StranglerOptions,
  link: NatsLink | undefined,
  dataSource: DataSource | undefined,
): Parts {
  const { side, calls: lists, witness, direct, retention } = options;
  requireClaimsThatLast(retention);
  requireCallable(options);
  const routes = link ? new Routes() : allHere(options);
  const modules = new LocalModules(side, lists);
  const calls = new CallMetrics();
  const metrics = new ToolkitMetrics();
  const observer = observers(calls, metrics.called, ...(options.observers ?? []));
  const guarded = link && new GuardedCalls(new NatsCalls(link, routes), () => link.current !== undefined);
  const router = new Router(routes, modules, guarded ?? nowhere, observer);
  const programs = Object.keys(lists ?? {});
  const agents = new Agents(side, link, routes, { witness, direct, retention, programs });
  const areTold = options.events !== 'off';
  const { eventStream: outside }: Partial<NatsOptions> = typeof options.nats === 'object' ? options.nats : {};
  const eventStream =
    link && side && areTold && outside ? new OutsideStream(link, outside, side === 'monolith') : undefined;
  const subscribers = new Subscribers(areTold ? options.contracts : [], eventStream !== undefined);
  const events = new Events(subscribers, areTold);
  const copies = link && new Copies(link);
  const server = link && new ContractServer(link, modules, routes, metrics.served, copies);
  const database = dataSource ? agents.databaseOf(dataSource) : databaseOfProgram(options);
  const own = {
    routes,
    modules,
    router,
    guarded,
    subscribers,
    events,
    eventStream,
    agents,
    calls,
    metrics,
    database,
    link,
    server,
    copies,
  };
  const names = options.contracts.map(({ name }) => name);
  if (!side && database) {
    const shop = link && { link, program: programOf(options), modules: names, kept: options.kept };
    return { ...own, role: new Calling({ calls, routes, database, shop }), plane: undefined };
  }
  if (!link || !guarded || !database) return { ...own, role: alone, plane: undefined };
  if (side === 'extracted') {
    const role = new Following(calls, link, routes, database, agents, names);
    return { ...own, role, plane: undefined };
  }
  const plane = controlPlane(options, { database, agents, router, guarded, routes, link, watch: calls });
  const { startedWhenNeeded } = options.nats as Partial<NatsOptions>;
  return { ...own, plane, role: new Steering(plane, link, routes, startedWhenNeeded) };
}

function controlPlane(
  options: StranglerOptions,
  steered: Pick<SteeringOptions, 'database' | 'agents' | 'router' | 'guarded' | 'routes' | 'link' | 'watch'>,
): ControlPlane {
  const {
    contracts,
    config: wishesPath = 'strangler.yaml',
    version,
    environment,
    findings,
    advice,
    webhooks,
  } = options;
  const { user = monolithUser }: Partial<NatsOptions> = typeof options.nats === 'object' ? options.nats : {};
  return new ControlPlane({
    ...{ contracts, wishesPath, name: user, ...steered },
    ...(version !== undefined && { version }),
    ...(environment !== undefined && { environment }),
    ...(findings && { findings }),
    ...(advice && { advice }),
    ...(webhooks && { webhooks }),
  });
}

/** To its own database, for what is counted and steered there; few: everything but a dashboard asks in turn. */
const connections = 3;

/** That of a process without a side. @throws {StartError} where it has to have one, and is given none. */
function databaseOfProgram({ side, database, direct, nats }: StranglerOptions): Database | undefined {
  if (side || (database === undefined && nats === undefined)) return undefined;
  if (typeof database === 'string') return new Database(direct ?? database, { max: connections });
  throw new StartError('database: of a process without a side the URL of a database of its own is expected');
}

/** @throws {StartError} where an event could be delivered again when nobody knows any more that it was handled */
function requireClaimsThatLast({ resultsMs, eventsMs }: Retention = defaultRetention): void {
  if (eventsMs <= longestEventsMs(resultsMs)) return;
  throw new StartError(
    'retention: events are kept for longer than it is known who has handled them: `eventsMs` has to be a day shorter than `resultsMs`, or both `Infinity`',
  );
}

/** @throws {StartError} which shows neither an address nor a secret */
function requireCallable({
  webhooks = [],
  contracts,
}: Pick<StranglerOptions, 'webhooks' | 'contracts'>): void {
  const modules = contracts.map(({ name }) => name);
  const problem = problemOfWebhooks(webhooks, modules);
  if (problem !== undefined) throw new StartError(`webhooks: ${problem}`);
}

/** As whom it calls. @throws {StartError} */
function programOf({ nats }: StranglerOptions): string {
  const user = typeof nats === 'object' ? nats.user : undefined;
  if (user !== undefined) return user;
  throw new StartError('nats.user: a process without a side says as whom it calls');
}

function allHere({ contracts }: StranglerOptions): Routes {
  const routes = new Routes();
  routes.replace(Object.fromEntries(contracts.map(({ name }) => [name, routeOf('monolith')])));
  return routes;
}

const nowhere: RemoteCalls = {
  call: ({ module }) =>
    Promise.reject(
      new UnavailableError(
        module,
        `${module} is not in this process, which has no NATS: set \`nats\` of forRoot (NATS_URL) again`,
      ),
    ),
};
