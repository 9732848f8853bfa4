import { inventory, orders, payments, users } from '#contracts';
import { ApiModule, type ApiOptions } from '#api';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { dataSourceOptions } from '#platform';
import { NatsCalls, StranglerModule, type NatsLink, type Routes } from '#strangler';
import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

/** Every contract of the shop. */
export const contracts = [users, inventory, payments, orders] as const;

export interface AppOptions {
  databaseUrl: string;
  routes: Routes;
  link: NatsLink;
  api: ApiOptions;
}

/** The whole system on one page: four modules, the toolkit that routes between them, and the HTTP edge. */
@Module({})
export class AppModule {
  static forRoot({ databaseUrl, routes, link, api }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRoot({ ...dataSourceOptions(databaseUrl), autoLoadEntities: true }),
        StranglerModule.forRoot({ side: 'monolith', contracts, routes, remote: new NatsCalls(link) }),
        UsersModule,
        InventoryModule,
        PaymentsModule,
        OrdersModule,
        ApiModule.forRoot(api),
      ],
    };
  }
}
