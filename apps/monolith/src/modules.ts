import type { PaymentsProvider } from '#platform';
import type { Type } from '@nestjs/common';

/** Where the code of each module is. Loaded one by one: a decommissioned module's is not, and its folder may be gone. */
const code = {
  users: async () => (await import('#domain/users')).UsersModule,
  inventory: async () => (await import('#domain/inventory')).InventoryModule,
  payments: async (provider) => {
    const { PaymentsModule, PaymentsWithoutProviderModule } = await import('#domain/payments');
    return provider === 'test' ? PaymentsModule : PaymentsWithoutProviderModule;
  },
  orders: async () => (await import('#domain/orders')).OrdersModule,
} satisfies Record<string, (provider: PaymentsProvider) => Promise<Type>>;

type ModuleName = keyof typeof code;

/** The names of all modules of the shop, on whatever side they are. */
export const moduleNames = Object.keys(code) as ModuleName[];

/** Loads the code of these modules. */
export const loadModules = (names: readonly ModuleName[], provider: PaymentsProvider): Promise<Type[]> =>
  Promise.all(names.map((name) => code[name](provider)));
