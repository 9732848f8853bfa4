import { dataSourceOptions } from '#platform';
import { OPERATOR, StranglerModule, type Operator, type Port, type Side } from 'nestjs-strangler';
import { Router } from '#strangler/calls/router';
import { startService } from 'nestjs-strangler/service';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shipping } from '../../examples/shipping/shipping.contract.js';
import { ShippingModule } from '../../examples/shipping/shipping.module.js';
import { parcelsDatabase } from './parcels.js';
import type { TestDatabase } from './postgres.js';

/** Both sides of the fifth module, in this process, each with its database; the monolith's steers. */
export interface Shipping {
  readonly port: Port<typeof shipping>;
  readonly operator: Operator;
  readonly sides: Readonly<Record<Side, Pick<TestDatabase, 'query'>>>;
  close(): Promise<void>;
}

export async function openShipping(nats: string): Promise<Shipping> {
  Logger.overrideLogger(false);
  const here = await parcelsDatabase('monolith');
  const there = await parcelsDatabase('extracted');
  const options = { contracts: [shipping], nats, config: join(tmpdir(), 'there-is-no-such-strangler.yaml') };
  /** An application that carries the fifth module and nothing else. */
  @Module({
    imports: [
      StranglerModule.forRoot({ ...options, side: 'monolith', database: dataSourceOptions(here.url) }),
      ShippingModule,
    ],
  })
  class Monolith {}
  const monolith = await NestFactory.createApplicationContext(Monolith, {
    logger: false,
    abortOnError: false,
  });
  const service = await startService(ShippingModule, { ...options, database: dataSourceOptions(there.url) });
  await service.serving;
  return {
    port: monolith.get(Router).port(shipping),
    operator: monolith.get<Operator>(OPERATOR),
    sides: { monolith: here, extracted: there },
    close: async () => {
      await service.close();
      await monolith.close();
      await Promise.all([here.drop(), there.drop()]);
    },
  };
}
