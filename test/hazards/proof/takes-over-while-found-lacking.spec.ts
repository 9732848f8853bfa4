import { Logger } from '@nestjs/common';
import { takeWhole } from '#strangler/engine/continuity/take-over';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import { Ownership } from '#strangler/engine/ownership/ownership';
import { Controlled } from '../../support/controlled.js';
import { untilBlocked } from '../../support/blocked.js';

/*
 * proof on E                                controller
 * begin; lock the ownership row
 *                                           E takes over, if its copy is whole: waits for the row
 * the copy lacks something: life := null
 * commit
 *                                           has the row, and looks at the copy
 *
 * Under READ COMMITTED PostgreSQL looks at the row that it has waited for once more, and at nothing else: what the same statement reads
 * of another table is as of before the wait. E would own, and lack what it was just found to lack.
 */
let controlled: Controlled;

beforeEach(async () => {
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  controlled = await Controlled.open();
  const controller = controlled.controller();
  controller.start();
  await controlled.want('shifting', 50);
  await controlled.reaches('shifting', 50);
  await controller.stop();
});
afterEach(async () => {
  await controlled.close();
  jest.restoreAllMocks();
});

it.each(['own', 'takeWhole'] as const)('%s', async (how) => {
  const { extracted } = controlled.sides;
  const store = new ContinuityStore(extracted.database, 'parcels');
  const { epoch, start, peerStart, appliedLife } = await store.read();
  const takes = {
    own: () =>
      new Ownership(extracted.database).own('parcels', epoch, 6_000, {
        ...{ proven: true, start, peerStart: peerStart! },
        holds: { life: appliedLife!, after: null },
      }),
    takeWhole: () => takeWhole(extracted.database, 'parcels', { epoch: epoch + 1, tables: [] }),
  };
  const proof = await extracted.database.session();
  try {
    await proof.query('begin');
    await proof.query(`select from strangler.ownership where module = 'parcels' for update`);
    await proof.query(`update strangler.applied set life = null, complete = false where module = 'parcels'`);
    const taking = takes[how]();
    await untilBlocked(extracted.test, 1);
    await proof.query('commit');
    expect(await taking).toBe(false);
  } finally {
    await proof.end();
  }
  expect(await store.read()).toMatchObject({ epoch, extractedBelow: 5_000, appliedLife: null });
});
