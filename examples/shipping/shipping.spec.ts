import { fakeOf, runners, type RunningModule } from 'nestjs-strangler/testing';
import { InjectPort, type Port } from 'nestjs-strangler';
import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { randomUUID } from 'node:crypto';
import { parcelsDatabase } from '../../test/support/parcels.js';
import type { TestDatabase } from '../../test/support/postgres.js';
import { shipping } from './shipping.contract.js';
import { ShippingModule } from './shipping.module.js';

let [here, there]: TestDatabase[] = [];
beforeAll(async () => {
  [here, there] = [await parcelsDatabase('monolith'), await parcelsDatabase('extracted')];
});
afterAll(() => Promise.all([here!.drop(), there!.drop()]));

const options = () => ({
  module: ShippingModule,
  contracts: [shipping],
  databases: { monolith: here!.url, extracted: there!.url },
});

describe.each(runners(options))('shipping, $name', ({ start }) => {
  let running: RunningModule;
  beforeAll(async () => (running = await start()));
  afterAll(() => running.close());

  it('a parcel that is packed is sent', async () => {
    const port = running.port(shipping);
    const orderId = randomUUID();
    await port.pack({ orderId, address: '1 High Street' });
    await port.move({ orderId, to: 'sent' });
    expect(await port.getParcel({ orderId })).toEqual({ orderId, address: '1 High Street', status: 'sent' });
  });

  it('a parcel that nobody packed is not found', async () => {
    const refused = running.port(shipping).move({ orderId: randomUUID(), to: 'sent' });
    await expect(refused).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('what calls shipping', () => {
  @Injectable()
  class Letters {
    constructor(@InjectPort(shipping) private readonly parcels: Port<typeof shipping>) {}
    async toCustomer(orderId: string): Promise<string> {
      const { status } = await this.parcels.getParcel({ orderId });
      return `Your parcel is ${status}.`;
    }
  }

  it('is tried without it', async () => {
    const fake = fakeOf(shipping, {
      getParcel: ({ orderId }) => ({ orderId, address: '1 High Street', status: 'sent' }),
    });
    const app = await Test.createTestingModule({ providers: [Letters, ...fake.providers] }).compile();
    const orderId = randomUUID();
    expect(await app.get(Letters).toCustomer(orderId)).toBe('Your parcel is sent.');
    expect(fake.calls).toMatchObject([{ operation: 'getParcel', input: { orderId } }]);
  });
});
