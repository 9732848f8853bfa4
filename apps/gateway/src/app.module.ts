import { contracts } from '#contracts';
import { EdgeRoutes, UpstreamPools } from '#edge';
import { StranglerModule, type WiringOptions } from 'nestjs-strangler';
import { Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { adminGuard } from './admin.js';
import type { Settings } from './config.js';
import { edgeOf } from './edge.js';
import { edgeRoutes, startEdgeRoutes } from './edge-routes.js';
import { keptRoutes } from './kept-routes.js';
import type { OwnDatabase } from './own-database.js';

export interface GatewayOptions extends Omit<WiringOptions, 'kept' | 'direct' | 'config'> {
  settings: Settings;
  /** The same, for providers. */
  config: DynamicModule;
  own: OwnDatabase;
  /** Copies of the applications behind it. */
  pools: UpstreamPools;
}

/** The API without a module, each port of which leads to another process; and the routes of the edge. */
@Module({})
export class GatewayModule implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly routes: EdgeRoutes) {}

  static forRoot({ settings, config, own, pools, ...wiring }: GatewayOptions): DynamicModule {
    const strangler = StranglerModule.forRootAsync({
      ...{ side: undefined, contracts: settings.modules === 'none' ? [] : contracts, database: own.url },
      inject: [ConfigService],
      useFactory: (of: ConfigService<Settings, true>) => ({
        ...{ direct: own.direct, kept: keptRoutes(own.pool, of.get('nats', typed).namespace) },
        ...{ drainMs: of.get('drainMs', typed), ...wiring },
      }),
    });
    const { imports, providers } = edgeOf(settings, own);
    const behind = { provide: UpstreamPools, useValue: pools };
    return {
      module: GatewayModule,
      imports: [config, strangler, ...imports],
      providers: [...providers, behind, adminGuard(settings), edgeRoutes(settings)],
    };
  }

  /** Now the paths of the API are known. */
  onModuleInit(): Promise<void> {
    return startEdgeRoutes(this.routes);
  }

  /** Requests have ended. */
  onApplicationShutdown(): Promise<void> {
    return this.routes.stop();
  }
}

const typed = { infer: true } as const;
