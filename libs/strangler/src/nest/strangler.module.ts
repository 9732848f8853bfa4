import { Module, type DynamicModule, type ModuleMetadata, type Type } from '@nestjs/common';
import type { Contract, Handlers } from '../contract/contract.js';
import type { ServiceContract } from '../contract/service-contract.js';
import { StranglerFeature, type FeatureOptions } from './feature.js';
import type { ModuleOptions } from './module-options.js';
import type { StranglerAsyncOptions, StranglerOptions } from './options.js';
import { dataSourceIn, type ProcessDataSource } from './process-database.js';
import { providersOf } from './process-providers.js';

/** `options` may be left out, unless the contract has processes. */
type Options<C extends Contract, S extends Handlers<C>> =
  object extends FeatureOptions<C, S> ? [options?: FeatureOptions<C, S>] : [options: FeatureOptions<C, S>];

/** Of a process without a side: it has no modules, so no data source. */
const none: ProcessDataSource = { token: '', imports: [] };

/**
 * The toolkit, as a Nest module.
 *
 * @example
 * ```ts
 * @Module({
 *   imports: [
 *     TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true }),
 *     StranglerModule.forRoot({ side: 'monolith', contracts, nats: 'nats://localhost:4222', admin: { port: 3001, token } }),
 *     OrdersModule,
 *     SessionsModule,
 *   ],
 * })
 * class AppModule {}
 * ```
 */
@Module({})
export class StranglerModule {
  /**
   * Once per process: all of the toolkit's wiring. What begins and ends, and when, is said at {@link StranglerProcess}.
   *
   * @example
   * ```ts
   * StranglerModule.forRoot({ side: 'monolith', contracts, nats: 'nats://localhost:4222', admin: { port: 3001, guard: AdminGuard } });
   * ```
   */
  static forRoot(options: StranglerOptions): DynamicModule {
    const { side, contracts, database } = options;
    return this.forRootAsync({ side, contracts, database, useFactory: () => options });
  }

  /**
   * The same, with settings that a factory makes.
   *
   * @example
   * ```ts
   * StranglerModule.forRootAsync({
   *   side: 'monolith',
   *   contracts,
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ nats: config.get('NATS_URL') }),
   * });
   * ```
   */
  static forRootAsync(options: StranglerAsyncOptions): DynamicModule {
    const { token, imports } = options.side ? dataSourceIn(options.database) : none;
    const providers = providersOf(options, token);
    return {
      module: StranglerModule,
      global: true,
      imports: [...imports, ...(options.imports ?? [])],
      providers,
      exports: providers as ModuleMetadata['exports'],
    };
  }

  /**
   * Once per module: the one line to adopt. A service that misses an operation, or a missing saga, does not compile.
   *
   * @example
   * ```ts
   * StranglerModule.forFeature(orders, OrdersService, { tables: [OrderRow], routingKey: 'id' });
   * ```
   */
  static forFeature<C extends Contract, S extends Handlers<C>>(
    contract: C,
    service: Type<S>,
    ...[options]: Options<C, S>
  ): DynamicModule {
    return StranglerFeature.of(contract, service, (options ?? {}) as FeatureOptions<C, S>);
  }

  /**
   * Once per module whose contract is made of its service's class: it runs the service. Whoever injects the class gets a stand-in from
   * {@link forRoot}, anywhere in the process; so the module itself neither provides nor exports it any more.
   *
   * @example
   * ```ts
   * @Module({ imports: [StranglerModule.forService(sessions, { tables: [Session] })], controllers: [SessionsController] })
   * class SessionsModule {}
   * ```
   */
  static forService(contract: ServiceContract, options: ModuleOptions = {}): DynamicModule {
    return StranglerFeature.behind(contract, options);
  }
}
