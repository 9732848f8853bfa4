import type { Side } from 'nestjs-strangler';
import { until } from '../../support/until.js';
import { Scene } from '../support/scene.js';

/*
 * A row of the copy is changed behind everybody's back. What would go wrong: the side with the wrong row becomes the owner, and
 * from then on what is wrong is the truth.
 */
let scene: Scene;

beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.close());

/** As whoever applies rows: capture looks away. */
const corrupt = (side: Side, sku: string) =>
  scene.on(
    side,
    `begin; select set_config('strangler.applying', 'inventory', true);
     update inventory.stock_item set description = 'corrupted' where sku = '${sku}'; commit`,
  );
const description = async (side: Side, sku: string) => {
  const sql = 'select description from inventory.stock_item where sku = $1';
  const [row] = await scene.on<{ description: string }>(side, sql, [sku]);
  return row?.description;
};

it('before anything has moved: it goes no further, and says why; repaired, it walks on', async () => {
  const load = await scene.load(511);
  await scene.goTo('shadow');
  // Nobody orders it: a write of the row would mend it.
  await load.stop();
  await scene.until('all is carried over', ({ lagMs }) => lagMs === 0);
  await corrupt('extracted', 'S-3');
  await scene.want('extracted');
  const held = await scene.until('the cut-over is held', ({ waitingFor }) =>
    Boolean(waitingFor?.includes('verify found 1 differences')),
  );
  expect(held).toMatchObject({ phase: 'shadow', percent: 0 });
  expect(held.waitingFor).toContain('npm run -s strangler -- verify inventory --repair');
  expect(held.gates).toContainEqual(expect.objectContaining({ name: 'verify', state: 'fail', value: 1 }));
  const report = (await scene.history()).find(
    ({ action, outcome }) => action === 'verify' && outcome === 'failed',
  );
  expect(report?.reason).toMatch(/stock_item S-3 differs in description/);

  expect(await scene.differences(true)).toBe(0);
  await scene.reaches('extracted');
  expect(await description('extracted', 'S-3')).toBe('S-3');
  expect(await scene.differences()).toBe(0);
  await scene.check(load, 'extracted');
}, 180_000);

it('once half has moved: found at 100 %, it returns by itself, and the right row is the one that counts', async () => {
  await scene.goTo('shifting', 50);
  const sku = scene.one('stays');
  await corrupt('extracted', sku);
  await scene.want('extracted');
  const noted = await until('it returns by itself', async () =>
    (await scene.history()).find(({ action }) => action === 'return'),
  );
  expect(noted).toMatchObject({ actor: 'autopilot', to: 'shadow', figures: { gate: 'verify', value: 1 } });
  await scene.reaches('shadow');
  expect(await description('monolith', sku)).toBe(sku);
  expect((await scene.status()).waitingFor).toMatch(/paused .*verify found 1 differences/);

  expect(await scene.differences(true)).toBe(0);
  expect(await description('extracted', sku)).toBe(sku);
  expect((await scene.act('resume')).status).toBe(200);
  await scene.reaches('extracted');
  expect(await scene.differences()).toBe(0);
}, 180_000);
