import { randomUUID } from 'node:crypto';
import { startNats, type TestNats } from '../support/nats.js';
import { freePort } from '../support/ports.js';
import { emptyDatabase, type TestDatabase } from '../support/postgres.js';
import { openShipping, type Shipping } from '../support/shipping.js';
import { until } from '../support/until.js';
import { blocksOf, Follower } from './support/followed.js';
import { installedApp, type InstalledApp } from './support/installed-app.js';

/*
 * docs/adopting.md, tried. What it says of an application that is there is done literally to examples/nest-app. The module of
 * examples/shipping, by which it explains the parts, comes into the shop as the fifth, walks out and comes back while it works.
 */
const minutes = 60_000;
let nats: TestNats;
let shipping: Shipping;

beforeAll(async () => {
  nats = await startNats();
  shipping = await openShipping(nats.url);
});
afterAll(async () => {
  await shipping.close();
  await nats.stop();
});

describe('the whole way', () => {
  let app: InstalledApp;
  let databases: TestDatabase[];
  let follower: Follower;

  beforeAll(async () => {
    app = await installedApp(['@nestjs/microservices@^11']);
    databases = [await emptyDatabase(), await emptyDatabase()];
    const [here, there] = databases.map(({ url }) => url) as [string, string];
    const own = {
      ...{ DATABASE_URL: here, SESSIONS_DATABASE_URL: there, NATS_URL: nats.url },
      ...{ PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) },
    };
    follower = new Follower(app, own, 'npm install nestjs-strangler @nestjs/microservices@^11');
  }, 10 * minutes);
  afterAll(async () => {
    await follower.end();
    for (const database of databases) await database.drop();
    await app.drop();
  }, minutes);

  it(
    'leads, followed literally, to a module that has left and is back, and the own tests of the application pass',
    async () => {
      const blocks = blocksOf('docs/adopting.md', 'The whole way');
      expect(blocks.length).toBeGreaterThan(8);
      for (const block of blocks) await follower.follow(block);
      const [inMonolith, inService] = await Promise.all(
        databases.map((database) => database.query('select * from public.sessions order by id')),
      );
      expect(inMonolith!.length).toBeGreaterThan(10);
      expect(inService!.length).toBeGreaterThan(10);
    },
    15 * minutes,
  );
});

const settings = { ramp: [25, 50], bake: '0s', gates: { minSamples: 0 } };
const by = { actor: 'ann', dryRun: false };

/** Parcels that are packed and sent for as long as the module walks. */
class Work {
  readonly packed: string[] = [];
  private stopped = false;
  private readonly work = Promise.all(Array.from({ length: 4 }, () => this.go()));

  async stop(): Promise<void> {
    this.stopped = true;
    await this.work;
  }

  private async go(): Promise<void> {
    while (!this.stopped) {
      const orderId = randomUUID();
      await shipping.port.pack({ orderId, address: '1 High Street' });
      await shipping.port.move({ orderId, to: 'sent' });
      expect(await shipping.port.getParcel({ orderId })).toMatchObject({ status: 'sent' });
      this.packed.push(orderId);
    }
  }
}

const rests = (phase: string) =>
  until(`shipping is ${phase}`, async () => {
    const status = await shipping.operator.module('shipping');
    return status.phase === phase && status.wanted.phase === phase && !status.transition ? status : undefined;
  });

const parcelsOn = (side: 'monolith' | 'extracted') =>
  shipping.sides[side].query('select * from shipping.parcel order by order_id');

async function bothSidesHold(orderIds: readonly string[]): Promise<void> {
  await until('all is carried over', async () => {
    const { sides } = await shipping.operator.module('shipping');
    return sides.monolith?.pending === 0 && sides.extracted?.pending === 0 ? true : undefined;
  });
  const [here, there] = [await parcelsOn('monolith'), await parcelsOn('extracted')];
  expect(here).toEqual(there);
  expect(here).toEqual(
    [...orderIds].sort().map((orderId) => ({
      order_id: orderId,
      address: '1 High Street',
      status: 'sent',
    })),
  );
}

it('the check before the start finds nothing', async () => {
  const { plan } = await shipping.operator.act('shipping', { verb: 'run' }, { actor: 'ann', dryRun: true });
  expect(plan[0]).toContain('monolith -> dual-write');
});

it('walks out and back while its commands run, and both sides are equal', async () => {
  const work = new Work();
  await until('there are rows from before', () => (work.packed.length > 10 ? true : undefined));
  await shipping.operator.act('shipping', { verb: 'run', settings }, by);
  await rests('extracted');
  const away = work.packed.length;
  await until('it works there', () => (work.packed.length > away + 10 ? true : undefined));
  await work.stop();
  await bothSidesHold(work.packed);

  const more = new Work();
  await shipping.operator.act('shipping', { verb: 'rollback', to: 'shadow' }, by);
  await rests('shadow');
  await more.stop();
  await bothSidesHold([...work.packed, ...more.packed]);
  await shipping.operator.act('shipping', { verb: 'rollback' }, by);
  await rests('monolith');
});
