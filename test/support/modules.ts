import { type Contract } from 'nestjs-strangler/contract';
import { contracts } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { StranglerModule, type Port } from 'nestjs-strangler';
import { Router } from '#strangler/calls/router';
import type { DynamicModule, Type } from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { patientOptions } from './patient-options.js';
import { freshDatabase, type TestDatabase } from './postgres.js';

/** The shop's modules, in this process, on a database of their own. */
export interface RunningModules {
  port<C extends Contract>(contract: C): Port<C>;
  readonly database: TestDatabase;
  readonly dataSource: DataSource;
  /** A provider by its token. */
  get<T>(token: Type<T>): T;
  /** Ends the modules and deletes the database. @throws when a connection is left open. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** A database that others use too, instead of one of their own. It is not deleted. */
  database?: TestDatabase;
  /** Replaces providers. */
  override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** Starts modules on the side `monolith`, all of them served in this process; a call to any other one fails. */
export async function startModules(
  modules: (Type | DynamicModule)[] = [UsersModule, InventoryModule, PaymentsModule],
  { database, override = (builder) => builder }: StartOptions = {},
): Promise<RunningModules> {
  const used = database ?? (await freshDatabase());
  // Whoever is not here is not told of each event in vain.
  const known = modules.some((module) => 'module' in module)
    ? contracts
    : contracts.filter(({ name }) => name !== 'notifications');
  const builder = Test.createTestingModule({
    imports: [
      StranglerModule.forRoot({ side: 'monolith', contracts: known, database: patientOptions(used.url) }),
      ...modules,
    ],
  });
  const app = await override(builder).compile();
  await app.init();
  return {
    port: (contract) => app.get(Router).port(contract),
    get: (token) => app.get(token),
    database: used,
    dataSource: app.get(DataSource),
    stop: async () => {
      await app.close();
      if (!database) await used.drop();
    },
  };
}
