import {
  Logger,
  Module,
  type DynamicModule,
  type INestApplicationContext,
  type LoggerService,
  type Type,
} from '@nestjs/common';
import { LocalModules } from '../calls/local-modules.js';
import { ContractServer } from '../calls/remote/server.js';
import type { Contract } from '../contract/contract.js';
import { NatsLink } from '../nats/link.js';
import { StartError } from '../operate/health/start-error.js';
import { Agents } from '../sides/agents.js';
import type { WiringOptions } from './options.js';
import type { ProcessDatabase } from './process-database.js';
import { StranglerProcess } from './process.js';
import { settingsIn } from './service-settings.js';
import { startContext } from './start-context.js';
import { StranglerModule } from './strangler.module.js';

/**
 * A service: one module, served from its own database.
 *
 * @example
 * ```ts
 * const options: ServiceOptions = { contracts, database: url, nats: 'nats://localhost:4222', health: { host: '0.0.0.0', port: 3010 } };
 * ```
 */
export interface ServiceOptions extends WiringOptions {
  /** The module's, and those of all that it calls. */
  contracts: readonly Contract[];
  database: ProcessDatabase;
  nats: NonNullable<WiringOptions['nats']>;
  /** Left out, Nest's own. */
  logger?: LoggerService;
}

/**
 * A service that has been started.
 *
 * @example
 * ```ts
 * const whenServing = async (service: Service) => {
 *   await service.serving;
 *   console.log(service.state, service.healthPort);
 * };
 * ```
 */
export interface Service {
  readonly app: INestApplicationContext;
  /** Resolves once calls are taken, perhaps of nothing yet: that begins with the connection to NATS. */
  readonly serving: Promise<void>;
  readonly healthPort: number | undefined;
  /** What it does, in words. */
  readonly state: string;
  /** Takes no more calls, answers those that it has taken, and ends. */
  close(): Promise<void>;
}

@Module({})
class ServiceModule {
  static of(module: Type | DynamicModule, options: ServiceOptions): DynamicModule {
    return {
      module: ServiceModule,
      imports: [StranglerModule.forRoot({ ...options, side: 'extracted' }), module],
    };
  }
}

/**
 * Starts a module as a service. Whoever calls it ends it; a start that fails leaves nothing behind.
 *
 * @example
 * ```ts
 * const service = await startService(OrdersModule, { contracts, database: url, nats: 'nats://localhost:4222' });
 * await service.serving;
 * await service.close();
 * ```
 */
export async function startService(module: Type | DynamicModule, options: ServiceOptions): Promise<Service> {
  const app = await startContext(ServiceModule.of(module, options), options.logger);
  return {
    app,
    serving: app.get(ContractServer).serving,
    healthPort: app.get(StranglerProcess).healthPort,
    get state() {
      return stateOf(app);
    },
    close: () => app.close(),
  };
}

/**
 * Runs a module as a service until it is told to stop (Ctrl-C, SIGTERM). What is left out comes from the environment: `DATABASE_URL`,
 * `DIRECT_DATABASE_URL` (behind a pooler), `NATS_URL`, `NAMESPACE`, `HOST`, `HEALTH_PORT`, `WITNESS_FILE`. A start that cannot be is one
 * sentence on stderr, and exit code 1.
 *
 * @example
 * ```ts
 * import { runService } from 'nestjs-strangler/service';
 * await runService(SessionsModule, { contracts });
 * ```
 */
export async function runService(
  module: Type | DynamicModule,
  options: Pick<ServiceOptions, 'contracts'> & Partial<ServiceOptions>,
): Promise<void> {
  try {
    const service = await startService(module, { ...settingsIn(options), ...options });
    service.app.enableShutdownHooks([], { useProcessExit: true });
    await service.serving;
    const { state, healthPort } = service;
    new Logger('Service').log(`${state} · health http://localhost:${healthPort}/health/ready`);
  } catch (error) {
    process.stderr.write(`${whyNot(error)}\n`);
    process.exit(1);
  }
}

/** Why a start cannot be. Exported for tests. */
export function whyNot(error: unknown): string {
  if (error instanceof StartError) return error.message;
  const { stack = String(error), constructor } = error as Error;
  return constructor.name === 'UnknownDependenciesException' ? `${stack}\n${alone}` : stack;
}

const alone = `A service loads its module alone. What the application's root module gives to all (ConfigModule, EventEmitterModule) is not there:
give runService a module that imports both, and the service's own.`;

function stateOf(app: INestApplicationContext): string {
  const { notServed, held } = app.get(Agents);
  const names = app
    .get(LocalModules)
    .all()
    .map(({ contract }) => contract.name);
  const [not] = notServed;
  const reason = not && !not.early ? not.reason : held[0]?.reason;
  const server = app.get(NatsLink).current?.getServer() ?? '';
  const what = `${names.join(', ')} is served from its own database, over NATS at ${server}`;
  return `${reason ?? what}${not?.early ? ', as soon as a shop is paired with it' : ''}`;
}
