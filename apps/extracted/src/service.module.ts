import { callers, calls } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule, PaymentsWithoutProviderModule } from '#domain/payments';
import { ExtractedUsersModule } from '#domain/users';
import { dataSourceOptions, StartError, type PaymentsProvider } from '#platform';
import {
  NatsCalls,
  noticingSilence,
  StranglerModule,
  type CallObserver,
  type NatsLink,
  type Routes,
} from 'nestjs-strangler';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { contracts, type ModuleName, type Settings } from './config.js';

/** A module whose code has moved to another repository has no line here; its contract stays, for those who call it. */
const moduleClasses = (provider: PaymentsProvider): Readonly<Partial<Record<ModuleName, Type>>> => ({
  users: ExtractedUsersModule,
  inventory: InventoryModule,
  payments: provider === 'test' ? PaymentsModule : PaymentsWithoutProviderModule,
  orders: OrdersModule,
});

export interface ServiceOptions {
  settings: Pick<Settings, 'module' | 'payments' | 'witness' | 'directUrl' | 'retention'>;
  databaseUrl: string;
  routes: Routes;
  link: NatsLink;
  observer: CallObserver;
}

/** One module with its own database. It may call the others, wherever they are. */
@Module({})
export class ServiceModule {
  static forRoot({ settings, databaseUrl, routes, link, observer }: ServiceOptions): DynamicModule {
    const { module, payments, witness, directUrl, retention } = settings;
    const moduleClass = moduleClasses(payments)[module];
    if (!moduleClass) throw new StartError(`the code of ${module} is not in this repository`);
    return {
      module: ServiceModule,
      imports: [
        TypeOrmModule.forRoot({
          ...dataSourceOptions(
            databaseUrl,
            directUrl === undefined ? { connections: noticingSilence(databaseUrl) } : { pooled: true },
          ),
          autoLoadEntities: true,
        }),
        StranglerModule.forRoot({
          side: 'extracted',
          contracts: Object.values(contracts),
          routes,
          link,
          observer,
          calls: { ...calls, ...callers },
          remote: new NatsCalls(link, routes),
          witness,
          retention,
          direct: directUrl,
        }),
        moduleClass,
      ],
    };
  }
}
