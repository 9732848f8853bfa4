import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/nats.js';
import { until } from '../support/until.js';
import { Random } from './support/random.js';
import { Scene } from './support/scene.js';

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
    for (const percent of [100, 0, 100, 0, 100]) {
      await scene.want('shifting', percent);
      await underWay(scene, percent);
      await sleep(random.integer(15));
      await scene.shop.end('SIGKILL');
      interrupted.push(await stepOf(scene));
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

async function stepOf(scene: Scene): Promise<string> {
  const [row] = await scene.premises.query<{ kind: string | null }>(
    `select transition -> 'step' ->> 'kind' as kind from strangler.module where module = 'inventory'`,
  );
  return row?.kind ?? '';
}

/** It is in the journal, or was: it takes but some milliseconds. */
const underWay = (scene: Scene, percent: number) =>
  until('the hand-off has begun', async () => {
    if ((await stepOf(scene)) === 'hand-off') return true;
    const { percent: now } = await scene.status();
    return now === percent ? true : undefined;
  });
