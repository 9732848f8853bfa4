import type { MailServerSettings, PaymentsProvider } from '#platform';
import type { DynamicModule, Type } from '@nestjs/common';

/** What modules are given of the settings. */
interface Outside {
  payments: PaymentsProvider;
  mail: MailServerSettings | undefined;
}

/** Where the code of each module is. Loaded one by one: a decommissioned module's is not, and its folder may be gone. */
const code = {
  users: async () => (await import('#domain/users')).UsersModule,
  inventory: async () => (await import('#domain/inventory')).InventoryModule,
  payments: async ({ payments }) => {
    const { PaymentsModule, PaymentsWithoutProviderModule } = await import('#domain/payments');
    return payments === 'test' ? PaymentsModule : PaymentsWithoutProviderModule;
  },
  orders: async () => (await import('#domain/orders')).OrdersModule,
  notifications: async ({ mail }) =>
    (await import('#domain/notifications')).NotificationsModule.through(mail),
} satisfies Record<string, (outside: Outside) => Promise<Type | DynamicModule>>;

type ModuleName = keyof typeof code;

/** The names of all modules of the shop, on whatever side they are. */
export const moduleNames = Object.keys(code) as ModuleName[];

/** Loads the code of these modules. */
export const loadModules = (
  names: readonly ModuleName[],
  outside: Outside,
): Promise<(Type | DynamicModule)[]> => Promise.all(names.map((name) => code[name](outside)));
