import { Controlled } from '../../support/controlled.js';
import { until } from '../../support/until.js';

/*
 * A controller is stopped in the middle of `uncapture` (as by SIGSTOP), when it is about to end capture on the extracted side.
 * Another one ends the step, and later moves the module out. The first wakes: without capture the new owner's writes would be on
 * one side only, and the way back would lose them.
 */
let controlled: Controlled;

beforeAll(async () => {
  controlled = await Controlled.open();
});
afterAll(() => controlled.close());

it('a step of before ends no capture', async () => {
  const { monolith, extracted } = controlled.sides;
  await controlled.want('dual-write');
  await controlled.walkTo('dual-write');
  await controlled.want('monolith');

  let wake: () => void = () => undefined;
  const asleep = new Promise<void>((resolve) => (wake = resolve));
  let reached = false;
  extracted.fault = async (method, proceed) => {
    if (method === 'stopCapture' && !reached) {
      reached = true;
      await asleep;
    }
    return proceed();
  };
  const first = controlled.reconciler();
  const walking = (async () => {
    while (!reached) await first.tick();
  })();
  await until('it is about to end capture', () => (reached ? true : undefined));

  await controlled.walkTo('monolith');
  await controlled.want('shifting', 50);
  const second = controlled.reconciler();
  await until('it owns a half', async () => {
    await second.tick();
    return (await extracted.control.state()).ownership.extractedBelow === 5_000 ? true : undefined;
  });
  wake();
  await walking;

  expect((await extracted.control.state()).ownership.capture).toBe(true);
  const [owned] = await extracted.test.query<{ code: string }>(
    `select code from generate_series(1, 100) n, lateral (select n::text as code) c
     where strangler.bucket('parcels', code) < 5000 limit 1`,
  );
  await extracted.test.query('insert into parcels.parcel values ($1, 7)', [owned!.code]);
  await until('the monolith has it', async () =>
    (await monolith.test.query('select from parcels.parcel where code = $1', [owned!.code])).length > 0
      ? true
      : undefined,
  );
});
