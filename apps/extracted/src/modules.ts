import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule, PaymentsWithoutProviderModule } from '#domain/payments';
import { ExtractedUsersModule } from '#domain/users';
import type { PaymentsProvider } from '#platform';
import { StartError } from 'nestjs-strangler';
import type { Type } from '@nestjs/common';
import type { ModuleName } from './config.js';

/** A module whose code has moved to another repository has no line here; its contract stays, for those who call it. */
const classes = (provider: PaymentsProvider): Readonly<Partial<Record<ModuleName, Type>>> => ({
  users: ExtractedUsersModule,
  inventory: InventoryModule,
  payments: provider === 'test' ? PaymentsModule : PaymentsWithoutProviderModule,
  orders: OrdersModule,
});

/** The code of a module. @throws {StartError} when it is not here any more. */
export function moduleOf(name: ModuleName, provider: PaymentsProvider): Type {
  const found = classes(provider)[name];
  if (!found) throw new StartError(`the code of ${name} is not in this repository`);
  return found;
}
