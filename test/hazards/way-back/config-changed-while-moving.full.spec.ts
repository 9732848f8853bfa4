import { Random } from '../support/random.js';
import { Scene } from '../support/scene.js';

const seed = 531;

/*
 * `strangler.yaml` is changed again and again, in the middle of whatever step is under way. What would go wrong: a step is left
 * half done, or the module ends where nobody wants it.
 */
it('out and back in the middle of steps, under load: it ends where the file says, and nothing is lost', async () => {
  const scene = await Scene.open();
  try {
    const random = new Random(seed);
    const load = await scene.load(seed);
    await load.placed(10);
    const seen = new Set<string>();
    for (let i = 0; i < 10; i++) {
      await scene.want(i % 2 === 0 ? 'extracted' : 'monolith');
      // All over the walk: where in it, is what the seed decides.
      await load.placed(random.integer(60));
      const { phase, transition } = await scene.status();
      seen.add(`${phase} ${transition?.action ?? ''}`);
    }
    expect(seen.size).toBeGreaterThan(1);
    await scene.goTo('extracted');
    await load.placed(20);
    expect(await scene.differences()).toBe(0);
    await scene.goTo('monolith');
    await load.placed(20);
    await load.stop();
    await scene.check(load, 'monolith');
  } finally {
    await scene.close();
  }
}, 240_000);
