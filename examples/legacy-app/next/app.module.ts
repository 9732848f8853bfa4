import { Module, type DynamicModule, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { StranglerModule } from 'nestjs-strangler';
import { loggedIn } from '../src/session.js';
import { account } from './account/account.contract.js';
import { AccountController } from './account/account.controller.js';
import { AccountModule } from './account/account.module.js';
import { basket } from './basket/basket.contract.js';
import { BasketController } from './basket/basket.controller.js';
import { BasketModule } from './basket/basket.module.js';
import { catalogue } from './catalogue/catalogue.contract.js';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import { asClient } from './client.js';
import { reports } from './reports/reports.contract.js';
import { ReportsController } from './reports/reports.controller.js';
import { ReportsModule } from './reports/reports.module.js';

const contracts = [catalogue, reports, account, basket];

/** A modular monolith of four modules, over the tables of the application that they replace. */
@Module({})
export class AppModule implements NestModule {
  static over(databaseUrl: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        StranglerModule.forRoot({ side: 'monolith', contracts, database: databaseUrl }),
        ...[CatalogueModule, ReportsModule, AccountModule, BasketModule],
      ],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(asClient).forRoutes('{*path}');
    consumer.apply(loggedIn).forRoutes(ReportsController, AccountController, BasketController);
  }
}
