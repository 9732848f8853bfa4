import { writeFile } from 'node:fs/promises';
import { Scene } from '../support/scene.js';
import type { Load } from '../support/load.js';

/*
 * Customers order, and every command of inventory is tried in its service before that owns anything. What would go wrong: something of it is
 * stored on either side; the rows of the copy are held, and it falls behind; or none is tried, and the gate waits for ever or decides by nothing.
 */
let scene: Scene;
let load: Load;

beforeAll(async () => {
  scene = await Scene.open();
}, 120_000);
afterAll(() => scene.close());

/** So many rehearsals are asked for before a share of the customers comes to the service. */
const samples = 40;
const gates = `gates: { minSamples: ${samples}, errorRate: 0.2, mismatchRate: 0.2, lagMs: 5000, p99Ratio: 1000 }`;
const want = (place: string) =>
  writeFile(
    scene.setup.env['STRANGLER_CONFIG'] as string,
    `modules:\n  inventory: { ${place}, ramp: [100], bake: 0s, rehearse: 1, ${gates} }\n`,
  );

interface Counted {
  compared: number;
  mismatches: number;
}
/** Rehearsals that the gates count. */
const counted = async (): Promise<Counted> => {
  const [row] = await scene.setup.query<Counted>(
    `select coalesce(sum(compared), 0)::int as compared, coalesce(sum(mismatches), 0)::int as mismatches
     from strangler.shadow_window where module = 'inventory' and origin = 'rehearsal'`,
  );
  return row!;
};
/** What a side holds that no rehearsal may leave. The statistics count rows also of what was rolled back. */
const left = async (side: 'monolith' | 'extracted') => {
  const [row] = await scene.on<{ tried: number }>(
    side,
    `select (select count(*)::int from strangler.rehearsal) as marks, (select count(*)::int from strangler.stray) as strays,
       (select count(*)::int from strangler.stray_origin where module = 'inventory') as origins,
       (select count(*)::int from strangler.outbox where module = 'inventory') as outbox,
       (select n_tup_ins::int from pg_stat_user_tables where relid = 'strangler.rehearsal'::regclass) as tried`,
  );
  return row!;
};
const nothing = { marks: 0, strays: 0, origins: 0, outbox: 0 };

it('they are counted, the gate decides by them, and nothing of them is stored', async () => {
  await want('phase: shadow');
  await scene.reaches('shadow');
  load = await scene.load(6101);
  await load.placed(60);
  await want('phase: shifting, percent: 50');
  await scene.reaches('shifting', 50);
  await load.placed(10);
  await load.stop();

  const steps = (await scene.history()).filter(({ figures }) => 'rehearsal' in figures);
  expect(steps).toMatchObject([{ from: 'shadow', to: 'shifting' }]);
  const decided = steps[0]!.figures['rehearsal'] as { customers: number; value: number };
  expect(decided).toMatchObject({ state: 'pass', value: 0 });
  expect(decided.customers).toBeGreaterThanOrEqual(samples);
  const { compared, mismatches } = await counted();
  expect(mismatches).toBe(0);
  // Every one of them has begun a transaction in the service, and none in the monolith.
  const [home, service] = [await left('monolith'), await left('extracted')];
  expect(service.tried).toBeGreaterThanOrEqual(compared);
  expect(home).toMatchObject({ ...nothing, tried: 0 });
  expect(service).toMatchObject(nothing);

  expect(await scene.differences()).toBe(0);
  await scene.check(load, 'monolith');
  await scene.check(load, 'extracted');
}, 240_000);
