import { InventoryModule } from '#domain/inventory';
import { NotificationsModule } from '#domain/notifications';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { ExtractedUsersModule, UsersModule } from '#domain/users';
import { migrate } from '#platform';
import type { DynamicModule, Type } from '@nestjs/common';
import { Agents } from '#strangler/sides/agents';
import { startModules, type RunningModules } from '../support/modules.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';

/* A schema that has grown so that its module cannot leave whole is found here, not on the day of the move. */
describe.each<[string, Type | DynamicModule, 'monolith' | 'extracted']>([
  ['users', UsersModule, 'monolith'],
  ['users', ExtractedUsersModule, 'extracted'],
  ['inventory', InventoryModule, 'monolith'],
  ['payments', PaymentsModule, 'monolith'],
  ['orders', OrdersModule, 'monolith'],
  ['notifications', NotificationsModule.through(undefined), 'monolith'],
])('the module %s (%p) in the schema of the %s', (name, module, side) => {
  let database: TestDatabase;
  let modules: RunningModules;

  beforeAll(async () => {
    database = await freshDatabase();
    await migrate(database.url, [name], side);
    modules = await startModules([module], { database });
  });
  afterAll(async () => {
    await modules.stop();
    await database.drop();
  });

  const agent = () => modules.get(Agents).of(name);

  it('may move', async () => {
    expect(await agent()?.check()).toEqual([]);
  });

  it('leaves no table behind', async () => {
    const tables = await database.query<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = $1::regnamespace and relkind in ('r', 'p') and relname <> 'migrations'`,
      [name],
    );
    const moving = agent()?.tables.map((table) => table.name);
    expect(moving?.toSorted()).toEqual(tables.map((table) => table.name).sort());
  });
});
