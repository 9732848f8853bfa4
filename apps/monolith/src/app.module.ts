import { callers, calls, inventory, orders, payments, users } from '#contracts';
import { ApiModule, type ApiOptions } from '#api';
import { dataSourceOptions } from '#platform';
import { noticingSilence, StranglerModule, type NatsOptions, type WiringOptions } from 'nestjs-strangler';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { adminGuard } from './admin.js';

/** Every contract of the shop. */
export const contracts = [users, inventory, payments, orders] as const;

export interface AppOptions extends Omit<WiringOptions, 'calls' | 'nats'> {
  databaseUrl: string;
  /** Left out: no module can leave. */
  nats?: NatsOptions;
  /** The modules that live here: all but the decommissioned. */
  modules: readonly Type[];
  api: ApiOptions;
}

/** The whole system on one page: the toolkit that routes between the modules, the modules, and the HTTP edge. */
@Module({})
export class AppModule {
  static forRoot({ databaseUrl, modules, api, ...wiring }: AppOptions): DynamicModule {
    const how =
      wiring.direct === undefined ? { connections: noticingSilence(databaseUrl) } : { pooled: true };
    return {
      module: AppModule,
      imports: [
        StranglerModule.forRoot({
          side: 'monolith',
          contracts,
          database: dataSourceOptions(databaseUrl, how),
          calls: { ...calls, ...callers },
          ...wiring,
        }),
        ...modules,
        ApiModule.forRoot(api),
      ],
      providers: [adminGuard(api.bootstrapAdmin)],
    };
  }
}
