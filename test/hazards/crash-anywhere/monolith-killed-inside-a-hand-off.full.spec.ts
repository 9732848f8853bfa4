import { freePort } from '../../support/ports.js';
import { until } from '../../support/until.js';
import { Random } from '../support/random.js';
import { Scene } from '../support/scene.js';

const seed = 551;

/*
 * The process that moves the buckets and writes half of them dies in the middle, again and again. What would go wrong: a fence
 * that nobody lifts, two owners, a write that was acknowledged and is on neither side.
 */
it('killed at any moment of a hand-off, under load: the next start goes on by itself, and nothing is lost', async () => {
  const scene = await Scene.open({ PORT: String(await freePort()) });
  try {
    const random = new Random(seed);
    await scene.goTo('shifting', 0);
    const load = await scene.load(seed);
    await load.placed(10);
    const interrupted: string[] = [];
    for (const percent of [100, 0, 100]) {
      const letGo = await scene.writerInside(percent === 100 ? 'monolith' : 'extracted', 'S-0');
      await scene.want('shifting', percent);
      await underWay(scene);
      // Somewhere between the fence and the end, or while the fence waits for the writer.
      const inside = random.next() < 0.4;
      if (!inside) await letGo();
      await scene.moments(random.integer(3));
      await scene.shop.end('SIGKILL');
      interrupted.push(await scene.stepUnderWay());
      if (inside) await letGo();
      await scene.restartShop();
      await scene.reaches('shifting', percent);
      await load.placed(5);
    }
    // Else it was always too late.
    expect(interrupted).toContain('hand-off');
    await load.stop();
    expect(await scene.differences()).toBe(0);
    await scene.check(load, 'extracted', 'some');
  } finally {
    await scene.close();
  }
}, 300_000);

const underWay = (scene: Scene) =>
  until('the hand-off has begun', async () =>
    (await scene.stepUnderWay()) === 'hand-off' ? true : undefined,
  );
