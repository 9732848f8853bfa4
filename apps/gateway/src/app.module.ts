import { ApiModule, type ApiOptions } from '#api';
import { inventory, orders, payments, users } from '#contracts';
import { StranglerModule, type CallObserver, type NatsLink, type Routes } from 'nestjs-strangler';
import { Module, type DynamicModule } from '@nestjs/common';

/** Every contract of the shop. */
export const contracts = [users, inventory, payments, orders] as const;

export interface GatewayOptions {
  routes: Routes;
  link: NatsLink;
  observer: CallObserver;
  api: ApiOptions;
}

/** The API without a module: each port leads to another process. */
@Module({})
export class GatewayModule {
  static forRoot({ routes, link, observer, api }: GatewayOptions): DynamicModule {
    return {
      module: GatewayModule,
      imports: [
        StranglerModule.forRoot({ side: undefined, contracts, own: { link, routes }, observers: [observer] }),
        ApiModule.forRoot(api),
      ],
    };
  }
}
