import { contract, query } from 'nestjs-strangler/contract';
import { Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsInt } from 'class-validator';
import { randomBytes } from 'node:crypto';
import { shipping } from '../../../../examples/shipping/shipping.contract.js';
import { ShippingModule } from '../../../../examples/shipping/shipping.module.js';
import {
  emptyDatabase,
  freshDatabase,
  queryOnce,
  type TestDatabase,
} from '../../../../test/support/postgres.js';
import { startService } from './run-service.js';
import { StranglerModule } from './strangler.module.js';

class Price {
  @IsInt() pence: number;
}
const prices = contract('prices', {
  ownership: 'whole',
  operations: { priceOf: query({ input: Price, output: Price }) },
});
@Injectable()
class PricesService {
  priceOf = async (price: Price) => price;
}
@Module({ imports: [StranglerModule.forFeature(prices, PricesService)] })
class PricesModule {}

let database: TestDatabase;
beforeEach(async () => {
  Logger.overrideLogger(false);
  database = await emptyDatabase();
});
afterEach(() => database.drop());

/** Starts an application with one contract, and ends it. */
async function start(url: string, how: { migrate?: boolean } = {}): Promise<void> {
  const options = { side: 'monolith', contracts: [prices], database: url, ...how } as const;
  @Module({ imports: [StranglerModule.forRoot(options), PricesModule] })
  class App {}
  const app = await NestFactory.create(App, { logger: false, abortOnError: false });
  await app.init().finally(() => app.close());
}
const hasSchema = async () =>
  (await database.query<{ here: boolean }>(`select to_regnamespace('strangler') is not null as here`))[0]!
    .here;

it('an application that starts brings the schema of the toolkit itself', async () => {
  await start(database.url);
  expect(await hasSchema()).toBe(true);
  await start(database.url);
});

it('so does a service', async () => {
  const nats = { connection: { servers: 'nats://127.0.0.1:1' } };
  const health = { host: '127.0.0.1', port: 0 };
  const service = await startService(PricesModule, {
    contracts: [prices],
    database: database.url,
    nats,
    health,
  });
  expect(await hasSchema()).toBe(true);
  await service.close();
});

it('one whose deployment does so leaves it alone', async () => {
  await start(database.url, { migrate: false });
  expect(await hasSchema()).toBe(false);
});

it('a service that needs it, and whose deployment forgot it, says what to run, and leaves no session behind', async () => {
  const nats = { connection: { servers: 'nats://127.0.0.1:1' } };
  const how = { contracts: [shipping], database: database.url, nats, migrate: false };
  await expect(startService(ShippingModule, how)).rejects.toThrow(
    /^the schema strangler of the database is missing, or of a release before \(relation "strangler\.\w+" does not exist\): run migrate of nestjs-strangler\/migrate/,
  );
});

describe('as a role that may make no schema', () => {
  const role = `plain_${randomBytes(4).toString('hex')}`;
  let admin: TestDatabase;
  let plain: string;

  /** The database, as somebody else reaches it. */
  const as = (user: string, password: string): string => {
    const url = new URL(database.url);
    [url.username, url.password] = [user, password];
    return url.href;
  };
  const asAdmin = (statement: string) => {
    const { username, password } = new URL(admin.url);
    return queryOnce(as(username, password), statement);
  };

  beforeEach(async () => {
    admin = await freshDatabase({ asSuperuser: true });
    await asAdmin(`create role ${role} login password 'secret'`);
    plain = as(role, 'secret');
  });
  afterEach(async () => {
    await asAdmin(`drop owned by ${role}; drop role ${role}`);
    await admin.drop();
  });

  it('the start fails with one sentence, which says what to run', async () => {
    await expect(start(plain)).rejects.toThrow(
      new RegExp(
        `^the role ${role} may not bring the schema strangler of the database \\w+ up to date \\(permission denied.*: run migrate of nestjs-strangler/migrate as a role that may`,
      ),
    );
  });

  it('it starts where somebody else has brought it up to date', async () => {
    await start(database.url);
    await asAdmin(`grant usage on schema strangler to ${role}`);
    await asAdmin(`grant select on all tables in schema strangler to ${role}`);
    await start(plain);
  });
});
