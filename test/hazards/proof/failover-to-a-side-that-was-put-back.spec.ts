import { Logger } from '@nestjs/common';
import { beginCapture } from '#strangler/control/steps/capture-step';
import { directSides, type Sides } from '../../support/sides.js';
import { until } from '../../support/until.js';
import { backupOf, putBackTables } from '../support/put-back-in-place.js';

/*
 * A side is put back, and the copy of the other one is not whole: `rejoin` is refused, and an operator gives up what the other side has.
 *
 * M owns                                    E, a copy that is being filled
 * backup
 * writes, stored there, answered            (2, 18)
 * put back: rolled back
 * `failover`: owns everything               away
 * hello                                     is back: "I have stored up to (2, 18)"
 *
 * What would go wrong: M lacks that, so it is taken for rolled back again, and so after each `failover`, until E is asked first.
 */
let both: Sides;

beforeEach(async () => {
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  both = await directSides();
  await beginCapture(both.controls);
  await write('before');
  await both.drained();
});
afterEach(async () => {
  await both.close();
  jest.restoreAllMocks();
});

const write = (code: string) => both.monolith.test.query('insert into parcels.parcel values ($1, 1)', [code]);
const standpoint = async () => (await both.controls.monolith.state()).standpoint;
/** Whether the two sides reach each other. */
const linked = (reached: boolean) => {
  Object.assign(both.monolith, { other: reached ? both.extracted : undefined, still: !reached });
  Object.assign(both.extracted, { other: reached ? both.monolith : undefined, still: !reached });
};

it('the side that took over is not taken for rolled back, and fills the other one', async () => {
  const backup = await backupOf(both.monolith);
  for (const code of ['a', 'b']) await write(code);
  await both.drained();
  await putBackTables(both.monolith, backup);
  await until('it knows that it lacks something', async () =>
    (await standpoint()).standing === 'rolled back' ? true : undefined,
  );
  linked(false);
  expect(await both.controls.monolith.takeOver({ epoch: (await standpoint()).epoch })).toBe(true);
  await write('after');
  linked(true);
  await both.controls.monolith.prove();
  expect(await standpoint()).toMatchObject({ standing: null, proven: true, provenBy: 'peer' });

  await until('the copy is that of the side that took over', async () => {
    const rows = await both.extracted.test.query<{ code: string }>(
      'select code from parcels.parcel order by code',
    );
    return rows.map(({ code }) => code).join() === 'after,before' ? true : undefined;
  });
  await both.monolith.test.query("update strangler.ownership set proven_start = 'epoch', proven_by = null");
  expect(await both.controls.monolith.prove()).toBe(true);
});

it('that it is done again changes nothing', async () => {
  linked(false);
  const { epoch } = await standpoint();
  expect(await both.controls.monolith.takeOver({ epoch })).toBe(true);
  const { life, term, appliedLife } = await standpoint();
  expect(await both.controls.monolith.takeOver({ epoch })).toBe(true);
  expect(await standpoint()).toMatchObject({ life, term, appliedLife, complete: true });
});
