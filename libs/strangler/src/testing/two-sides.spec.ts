import { Logger, Module } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { shipping } from '../../../../examples/shipping/shipping.contract.js';
import { ShippingModule } from '../../../../examples/shipping/shipping.module.js';
import { parcelsDatabase } from '../../../../test/support/parcels.js';
import { emptyDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { withContext } from '../database/context.js';
import type { Side } from '../routes/phase.js';
import { twoSides, type TwoSides, type TwoSidesOptions } from './two-sides.js';

let [here, there]: TestDatabase[] = [];
let options: TwoSidesOptions;
let sides: TwoSides;

beforeAll(async () => {
  Logger.overrideLogger(false);
  [here, there] = await Promise.all([parcelsDatabase('monolith'), parcelsDatabase('extracted')]);
  const databases = { monolith: here.url, extracted: there.url };
  options = { module: ShippingModule, contracts: [shipping], databases };
  sides = await twoSides(options);
});
afterAll(async () => {
  await sides.close();
  await Promise.all([here!.drop(), there!.drop()]);
});

/** The contract, whose operations may take as long as a busy machine takes. */
const patient = {
  ...shipping,
  operations: Object.fromEntries(
    Object.entries(shipping.operations).map(([name, operation]) => [
      name,
      { ...operation, timeoutMs: 60_000 },
    ]),
  ),
} as typeof shipping;

const parcel = () => ({ orderId: randomUUID(), address: '1 High Street' });

/** Packs a parcel. Answers which side did it. */
async function packed(): Promise<Side | undefined> {
  const servedBy = new Map<string, Side>();
  await withContext({ requestId: 'r', servedBy }, () => sides.port(patient).pack(parcel()));
  return servedBy.get('shipping');
}

const sidesOf = async (parcels: number) =>
  [...new Set(await Promise.all(Array.from({ length: parcels }, packed)))].sort();

it('the module moves out and back, and both sides hold what was done at either', async () => {
  expect(await sidesOf(20)).toEqual(['monolith']);
  await sides.goTo('shifting', 50);
  expect(await sidesOf(20)).toEqual(['extracted', 'monolith']);
  await sides.goTo('extracted');
  expect(await sidesOf(20)).toEqual(['extracted']);
  expect(await sides.differences()).toBe(0);
});

it('a row that differs is found', async () => {
  await sides.goTo('extracted');
  await sides.port(patient).pack(parcel());
  const change = `update shipping.parcel set address = 'elsewhere' where order_id = (select min(order_id::text)::uuid from shipping.parcel)`;
  // As if it had come so from the other side.
  await here!.query(`begin; set local strangler.applying = 'shipping'; ${change}; commit`);
  expect(await sides.differences()).toBe(1);
});

it('while the service is away its keys are not served, and after that they are', async () => {
  await sides.goTo('extracted');
  await sides.withoutService(async () => {
    await expect(sides.port(patient).pack(parcel())).rejects.toMatchObject({ code: 'unavailable' });
  });
  expect(await sidesOf(1)).toEqual(['extracted']);
});

it('a module that does not arrive says where it is, and why', async () => {
  await sides.close();
  sides = await twoSides({ ...options, patienceMs: 1 });
  await expect(sides.goTo('monolith')).rejects.toThrow(
    /^shipping, now \w+, should be so and is not: is monolith/,
  );
});

describe('what is missing is said in one sentence, and nothing stays behind', () => {
  @Module({})
  class Failing {
    onApplicationBootstrap(): void {
      throw new Error('its file is wrong');
    }
  }

  it.each([
    [
      'the tables of a side',
      () => emptyDatabase(),
      {},
      /^shipping.parcel: there is no such table; .+ in a service what "strangler generate" has written$/,
    ],
    [
      'NATS',
      () => parcelsDatabase('extracted'),
      { nats: 'nats://127.0.0.1:1' },
      /^NATS at 127.0.0.1:1 does not answer: .+: start it there, or leave out nats$/,
    ],
    [
      'what a module of the application needs',
      () => parcelsDatabase('extracted'),
      { imports: [Failing] },
      /^its file is wrong$/,
    ],
  ])('%s', async (_what, extractedDatabase, more, sentence) => {
    const [monolith, extracted] = await Promise.all([parcelsDatabase('monolith'), extractedDatabase()]);
    const databases = { monolith: monolith.url, extracted: extracted.url };
    await expect(twoSides({ ...options, databases, ...more })).rejects.toThrow(sentence);
    // Each says so where somebody is still connected.
    await Promise.all([monolith.drop(), extracted.drop()]);
  });
});
