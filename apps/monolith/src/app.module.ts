import { callers, calls, inventory, orders, payments, users } from '#contracts';
import { ApiModule, type ApiOptions } from '#api';
import { dataSourceOptions } from '#platform';
import {
  NatsCalls,
  noticingSilence,
  StranglerModule,
  type CallObserver,
  type NatsLink,
  type Retention,
  type Routes,
} from 'nestjs-strangler';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

/** Every contract of the shop. */
export const contracts = [users, inventory, payments, orders] as const;

export interface AppOptions {
  databaseUrl: string;
  /** Where that leads through a pooler: the server itself. */
  directUrl?: string | undefined;
  routes: Routes;
  link: NatsLink;
  observer: CallObserver;
  witness: string;
  retention?: Retention;
  /** The modules that live here: all but the decommissioned. */
  modules: readonly Type[];
  api: ApiOptions;
}

/** The whole system on one page: the modules, the toolkit that routes between them, and the HTTP edge. */
@Module({})
export class AppModule {
  static forRoot({
    databaseUrl,
    directUrl,
    routes,
    link,
    observer,
    witness,
    retention,
    modules,
    api,
  }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRoot({
          ...dataSourceOptions(
            databaseUrl,
            directUrl === undefined ? { connections: noticingSilence(databaseUrl) } : { pooled: true },
          ),
          autoLoadEntities: true,
        }),
        StranglerModule.forRoot({
          side: 'monolith',
          contracts,
          routes,
          link,
          observer,
          calls: { ...calls, ...callers },
          remote: new NatsCalls(link, routes),
          witness,
          ...(retention && { retention }),
          direct: directUrl,
        }),
        ...modules,
        ApiModule.forRoot(api),
      ],
    };
  }
}
