import { Logger } from '@nestjs/common';
import { Controlled } from '../../../../../test/support/controlled.js';
import type { Action } from './commands.js';
import type { Side } from '../../routes/phase.js';

/* An operator's word lets a side take writes. What would go wrong: it does, and the history does not say on whose word. */
let controlled: Controlled;
beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  controlled = await Controlled.open();
  await controlled.want('shadow');
});
afterEach(() => controlled.close());

const unproven = (side: Side) =>
  controlled.sides[side].test.query('update strangler.ownership set asks = true, proven_start = null');
const serve = () =>
  controlled
    .controller()
    .operator.act(
      'parcels',
      { verb: 'serve-unproven', iHaveFencedIt: true },
      { actor: 'ann', dryRun: false },
    );
const asked = (action: Action, dryRun: boolean) =>
  controlled.controller().operator.act('parcels', action, { actor: 'ann', dryRun });
const history = async () =>
  (await controlled.store.history.latest('parcels', 10)).map(
    ({ actor, action, outcome }) => `${actor}: ${action} ${outcome}`,
  );

it('whoever changes the row at that moment, it serves, and is in the history', async () => {
  await unproven('monolith');
  controlled.sides.monolith.fault = async (method, proceed) => {
    if (method === 'serveUnproven')
      await controlled.store.amend('parcels', ({ percent }) => ({ change: { percent } }));
    return proceed();
  };
  await serve();
  expect((await controlled.sides.controls.monolith.state()).standpoint).toMatchObject({
    provenBy: 'operator',
  });
  expect(await history()).toEqual(['ann: serve-unproven done', 'ann: serve-unproven begun']);
});

it('whose answer is lost is in the history all the same', async () => {
  await unproven('monolith');
  controlled.sides.monolith.fault = async (method, proceed) => {
    const answer = await proceed();
    if (method === 'serveUnproven') throw new Error('no answer');
    return answer;
  };
  await expect(serve()).rejects.toThrow('no answer');
  expect(await history()).toEqual(['ann: serve-unproven begun']);
});

it('beside a side that was put back it is for the other one', async () => {
  await controlled.sides.monolith.test.query(`update strangler.ownership set standing = 'rolled back'`);
  await unproven('extracted');
  await serve();
  expect((await controlled.sides.controls.extracted.state()).standpoint).toMatchObject({ proven: true });
});

it('who only looks sees what it means and what is asked of him; who promises nothing changes nothing', async () => {
  await unproven('monolith');
  const action = { verb: 'serve-unproven', iHaveFencedIt: false } as const;
  expect(await asked(action, true)).toMatchObject({
    plan: [expect.stringContaining('on your word alone')],
    refusal: expect.stringContaining('--i-have-fenced-it'),
  });
  await expect(asked(action, false)).rejects.toThrow('--i-have-fenced-it');
  expect((await controlled.sides.controls.monolith.state()).standpoint.proven).toBe(false);
});

it('while a side is rolled back the plan of what moves begins with rejoin, and no row is repaired', async () => {
  await controlled.store.amend('parcels', () => ({ change: { phase: 'shadow' } }));
  await controlled.sides.monolith.test.query(`update strangler.ownership set standing = 'rolled back'`);
  const first = expect.stringMatching(
    /^first let monolith become the copy of extracted.*strangler rejoin parcels$/,
  );
  const verbs: Action[] = [{ verb: 'shift', percent: 5 }, { verb: 'rollback' }, { verb: 'run' }];
  for (const action of verbs) expect((await asked(action, true)).plan[0]).toEqual(first);
  expect(await asked({ verb: 'verify', repair: true }, true)).toMatchObject({
    plan: [],
    refusal: expect.stringContaining('strangler rejoin parcels'),
  });
  await expect(asked({ verb: 'verify', repair: true }, false)).rejects.toThrow('strangler rejoin parcels');
});
