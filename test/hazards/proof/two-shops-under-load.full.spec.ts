import { Scene } from '../support/scene.js';

/*
 * Two whole shops in one namespace of one NATS move the same module at the same time, under load, and their services die and come
 * back. What would go wrong: an order of one takes the stock of the other, or is answered by it; routes of one lead the other astray.
 */
let first: Scene;
let second: Scene;

beforeAll(async () => {
  first = await Scene.open();
  await first.goTo('dual-write');
  second = await Scene.open({ NATS_URL: first.nats.url });
}, 120_000);
afterAll(async () => {
  await second.close();
  await first.close();
});

it('each ends with all of its own orders, in its own books', async () => {
  const scenes = [first, second];
  const loads = [await first.load(311), await second.load(312)];
  const walk = async (scene: Scene) => {
    await scene.goTo('shifting', 50);
    await scene.service.end('SIGKILL');
    await scene.restartService();
    await scene.goTo('extracted');
    await scene.goTo('shifting', 50);
  };
  await Promise.all(scenes.map(walk));
  for (const load of loads) {
    await load.placed(60);
    await load.stop();
  }
  for (const [i, scene] of scenes.entries()) {
    await scene.until('all is carried over', ({ lagMs, degraded }) => lagMs === 0 && !degraded);
    expect(await scene.differences()).toBe(0);
    for (const side of ['monolith', 'extracted'] as const) await scene.check(loads[i]!, side, 'some');
  }
}, 300_000);
