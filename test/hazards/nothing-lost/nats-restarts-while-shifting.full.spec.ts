import { Client } from '../../support/shop.js';
import { until } from '../../support/until.js';
import type { Load } from '../support/load.js';
import { Random } from '../support/random.js';
import { Scene } from '../support/scene.js';

/*
 * Between the sides is nothing any more: NATS is killed. What would go wrong: a write is lost with the broker, the sides never
 * find each other again, or a hand-off that was cut leaves two owners, or none.
 */
let scene: Scene;
let load: Load;

beforeAll(async () => {
  scene = await Scene.open();
  await scene.goTo('shifting', 50);
});
afterAll(() => scene.close());

const calm = () =>
  scene.until(
    'both sides confirm',
    ({ degraded, sides }) =>
      !degraded && sides.extracted !== null && sides.extracted.healthy && Boolean(sides.monolith?.healthy),
  );

it('at 50 %: what stayed goes on; once NATS is back, everything does', async () => {
  load = await scene.load(541);
  const customer = await Client.register(scene.shop.url);
  await load.placed(20);
  await scene.nats.kill();
  await scene.until('it shows that it is degraded', ({ degraded }) => degraded);
  for (let i = 0; i < 5; i++) {
    expect((await scene.order(customer, scene.one('stays'))).status).toBe(201);
    expect((await scene.order(customer, scene.one('moves'))).status).toBe(503);
  }
  await scene.nats.restart();
  await calm();
  expect((await scene.order(customer, scene.one('moves'))).status).toBe(201);
  await load.placed(20);
  await load.stop();
  await scene.check(load, 'monolith', 'some');
  await scene.check(load, 'extracted', 'some');
  expect(await scene.differences()).toBe(0);
}, 180_000);

it('killed in the middle of hand-offs: never two owners, and each ends by itself', async () => {
  const random = new Random(542);
  load = await scene.load(542);
  await load.placed(10);
  await scene.goTo('shifting', 0);
  for (const percent of [100, 0]) {
    const letGo = await scene.writerInside(percent === 100 ? 'monolith' : 'extracted', 'S-0');
    await scene.want('shifting', percent);
    await underWay();
    await letGo();
    await scene.moments(random.integer(3));
    await scene.nats.kill();
    for (let looks = random.integer(40); looks >= 0; looks--) await expectOneOwner();
    await scene.nats.restart();
    await scene.reaches('shifting', percent);
  }
  await calm();
  await load.placed(20);
  await load.stop();
  await scene.check(load, 'monolith', 'some');
  expect(await scene.differences()).toBe(0);
}, 240_000);

/** A hand-off is in the journal. */
const underWay = () =>
  until('a hand-off is under way', async () =>
    (await scene.stepUnderWay()) === 'hand-off' ? true : undefined,
  );

interface Owned {
  below: number;
  from: number | null;
  to: number | null;
}

/** Read one after the other, so the later one may know more: who owns less is asked first, and it can only get less. */
async function expectOneOwner(): Promise<void> {
  const read = async (side: 'monolith' | 'extracted') => {
    const [row] = await scene.on<Owned>(
      side,
      `select extracted_below as below, fence_from as "from", fence_to as "to" from strangler.ownership
       where module = 'inventory'`,
    );
    return row as Owned;
  };
  const [home, away] = [await read('monolith'), await read('extracted')];
  const fenced = ({ from, to }: Owned, bucket: number) =>
    from !== null && to !== null && bucket >= from && bucket < to;
  for (let bucket = 0; bucket < 10_000; bucket++) {
    const owners = [
      bucket >= home.below && !fenced(home, bucket),
      bucket < away.below && !fenced(away, bucket),
    ].filter(Boolean);
    if (owners.length > 1) throw new Error(`bucket ${bucket}: ${JSON.stringify({ home, away })}`);
  }
}
