import { InventoryModule } from '#domain/inventory';
import { NotificationsModule } from '#domain/notifications';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule, PaymentsWithoutProviderModule } from '#domain/payments';
import { ExtractedUsersModule } from '#domain/users';
import type { MailServerSettings, PaymentsProvider } from '#platform';
import { StartError } from 'nestjs-strangler';
import type { DynamicModule, Type } from '@nestjs/common';
import type { ModuleName } from './config.js';

/** What modules are given of the settings. */
interface Outside {
  payments: PaymentsProvider;
  mail: MailServerSettings | undefined;
}

/** A module whose code has moved to another repository has no line here; its contract stays, for those who call it. */
const modules = ({
  payments,
  mail,
}: Outside): Readonly<Partial<Record<ModuleName, Type | DynamicModule>>> => ({
  users: ExtractedUsersModule,
  inventory: InventoryModule,
  payments: payments === 'test' ? PaymentsModule : PaymentsWithoutProviderModule,
  orders: OrdersModule,
  notifications: NotificationsModule.through(mail),
});

/** The code of a module. @throws {StartError} when it is not here any more. */
export function moduleOf(name: ModuleName, outside: Outside): Type | DynamicModule {
  const found = modules(outside)[name];
  if (!found) throw new StartError(`the code of ${name} is not in this repository`);
  return found;
}
