import { callers, calls, contracts } from '#contracts';
import { ApiModule, type ApiOptions } from '#api';
import { StranglerModule, type ProcessDatabase, type WiringOptions } from 'nestjs-strangler';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { adminGuard } from './admin.js';
import type { Settings } from './config.js';

export interface AppOptions extends Omit<WiringOptions, 'calls' | 'config'> {
  /** The settings. */
  config: DynamicModule;
  database: ProcessDatabase;
  /** The modules that live here: all but the decommissioned. */
  modules: readonly (Type | DynamicModule)[];
  api: ApiOptions;
}

/** The whole system on one page: the toolkit that routes between the modules, the modules, and the HTTP edge. */
@Module({})
export class AppModule {
  static forRoot({ config, database, modules, api, ...wiring }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        config,
        StranglerModule.forRootAsync({
          ...{ side: 'monolith', contracts, database },
          inject: [ConfigService],
          useFactory: (settings: ConfigService<Settings, true>) => ({
            ...{ calls: { ...calls, ...callers }, config: settings.get('wishesPath', typed) },
            ...{ direct: settings.get('directUrl', typed), witness: settings.get('witness', typed) },
            ...{ retention: settings.get('retention', typed), drainMs: settings.get('drainMs', typed) },
            ...{ events: settings.get('events', typed), webhooks: settings.get('webhooks', typed) },
            environment: settings.get('environment', typed),
            ...wiring,
          }),
        }),
        ...modules,
        ApiModule.forRoot(api),
      ],
      providers: [adminGuard(api.bootstrapAdmin)],
    };
  }
}

const typed = { infer: true } as const;
