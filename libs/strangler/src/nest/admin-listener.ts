import {
  Module,
  type CanActivate,
  type DynamicModule,
  type INestApplication,
  type InjectionToken,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_GUARD, NestFactory, type AbstractHttpAdapter, type ModuleRef } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Operator } from '../control/commands/operator.js';
import { AdminController } from '../operate/admin.controller.js';
import { DoctorController } from '../operate/doctor.controller.js';
import { DomainEventsController } from '../operate/domain-events.controller.js';
import { EventsController } from '../operate/events.controller.js';
import { operationsRoutes, type OperationsOptions } from '../operate/health/operations-routes.js';
import { OPERATOR } from '../operate/operator-token.js';
import { pageRoutes, type LogIn } from '../operate/page/page-routes.js';
import { SessionController, STEERED, type Steered } from '../operate/page/session.controller.js';
import { StartError } from '../operate/health/start-error.js';
import { asksForThisMachine } from '../operate/local-names.js';
import { ProblemFilter, writeProblem } from '../operate/problem.filter.js';
import { ProcessController } from '../operate/process.controller.js';
import { TokenGuard } from '../operate/token.guard.js';
import { WebhooksController } from '../operate/webhooks.controller.js';

/**
 * The operator's listener: of its own, so that it can stay off the public network.
 *
 * @example
 * ```ts
 * const withToken: AdminOptions = { port: 3001, token };
 * const withGuard: AdminOptions = { port: 3001, host: '127.0.0.1', guard: AdminGuard }; // a provider of the application
 * ```
 */
export type AdminOptions = {
  port: number;
  /** Default 127.0.0.1: this machine only. */
  host?: string | undefined;
  /** The HTTP server, where it is not Nest's own. */
  adapter?: (() => AbstractHttpAdapter) | undefined;
  /**
   * Makes the listener ready: how bodies are read and how errors are written is then the application's affair. Left out, errors are
   * problem documents (RFC 9457).
   */
  configure?: ((admin: INestApplication) => void) | undefined;
  /** What of the application the operator finds there, too. `app`: the application. */
  also?: ((app: ModuleRef) => Pick<ModuleMetadata, 'controllers' | 'providers'>) | undefined;
  /** How an operator logs in to the page with an account. Left out: with a token that the guard takes. */
  logIn?: ((app: ModuleRef) => LogIn | undefined) | undefined;
  /** Where the page finds the routes of the edge: `here`, where `also` serves them at `/routes`, or at the address of a gateway's page. */
  routes?: 'here' | URL | undefined;
} & (
  | {
      /** Token of a provider of the application: a guard that sets `principal` of a request, so that the history can say who acted. */
      guard: InjectionToken<CanActivate>;
    }
  | {
      /** Whoever sends it as a bearer token is the operator. At least 16 characters. */
      token: string;
    }
);

@Module({})
class AdminModule {
  static of({
    operator,
    guard,
    also: { controllers = [], providers = [] } = {},
    routes,
  }: Administered): DynamicModule {
    const steered: Steered = { modules: operator !== undefined, routes: routes?.toString() ?? null };
    const steering = operator
      ? [
          AdminController,
          DoctorController,
          DomainEventsController,
          EventsController,
          ProcessController,
          WebhooksController,
        ]
      : [];
    return {
      module: AdminModule,
      controllers: [...steering, SessionController, ...controllers],
      providers: [
        { provide: OPERATOR, useValue: operator },
        { provide: STEERED, useValue: steered },
        { provide: APP_GUARD, useValue: guard },
        ...providers,
      ],
    };
  }
}

/** What the listener gives access to, and to whom. */
export interface Administered {
  /** Where modules are moved. */
  readonly operator?: Operator | undefined;
  readonly also?: Pick<ModuleMetadata, 'controllers' | 'providers'> | undefined;
  readonly operations: OperationsOptions;
  readonly guard: CanActivate;
  readonly logIn?: LogIn | undefined;
  readonly routes?: 'here' | URL | undefined;
}

/** Opens the admin API, with what machines ask, at a listener of its own. Whoever opens it closes it. */
export async function openAdmin(
  {
    port,
    host = loopback,
    adapter,
    configure = plain,
  }: Omit<AdminOptions, 'guard' | 'also' | 'logIn' | 'routes'>,
  administered: Administered,
): Promise<INestApplication> {
  const root = AdminModule.of(administered);
  // Who configures it reads bodies as he likes.
  const how = { abortOnError: false, bodyParser: configure === plain };
  const app = await (adapter ? NestFactory.create(root, adapter(), how) : NestFactory.create(root, how));
  if (host === loopback) app.use(refuseOtherNames);
  // Before guards and logs: probes and scrapers have no token, and come every few seconds.
  const answer = operationsRoutes(administered.operations);
  app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    if (!answer(request, response)) next();
  });
  if (administered.operator || administered.routes === 'here') app.use(pageRoutes(administered.logIn));
  configure(app);
  await app.listen(port, host).catch((error: unknown) => {
    const why = `cannot be used: ${(error as Error).message}`;
    throw new StartError(`port ${port} at ${host} (\`admin.port\`, ADMIN_PORT) ${why}`);
  });
  return app;
}

const loopback = '127.0.0.1';

function refuseOtherNames({ headers }: IncomingMessage, response: ServerResponse, next: () => void): void {
  if (asksForThisMachine(headers.host)) return next();
  writeProblem(response, 403, { code: 'forbidden', detail: 'this listener answers to localhost alone' });
}

const plain = (admin: INestApplication): void => {
  admin.useGlobalFilters(new ProblemFilter());
};

/** The guard that the options mean. `app`: of the application, which may have it. */
export const guardOf = (options: AdminOptions, app: ModuleRef): CanActivate =>
  'token' in options ? new TokenGuard(options.token) : app.get<CanActivate>(options.guard, { strict: false });
