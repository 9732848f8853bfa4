import { randomUUID } from 'node:crypto';
import { routeOf } from '#strangler/routes/routes';
import { bucketOf } from '#strangler/routes/bucket';
import { refusal } from '../../support/failure.js';
import { toyDesk } from '../../support/toy-desk.js';
import { lostReply } from '../../support/toy-modules.js';

/*
 * The keys of a process, or of one of its steps, belong to the other side, or go there while it is on its way. What was
 * done together is taken back and done apart; a side that has lost the process's own key does nothing more.
 */
const desk = toyDesk();
const done = { shelf: ['take A', 'ship A'], till: ['pay A'], desk: ['note A', 'stamp A'] };
const bucket = bucketOf('till', 'A');

const own = (module: string, set: string) =>
  desk.database.query(`update strangler.ownership set ${set} where module = $1`, [module]);
const atRest = 'extracted_below = 0, fence_from = null, fence_to = null';
afterEach(() => Promise.all(['shelf', 'till', 'desk'].map((module) => own(module, atRest))));

/** The route of the till, as this process believes it. */
const believe = (extractedBelow: number) =>
  desk.modules.routes.replace({
    shelf: routeOf('monolith'),
    desk: routeOf('monolith'),
    till: { ...routeOf('shifting'), extractedBelow },
  });

it('a step whose keys are here shares the transaction, although the module shifts', async () => {
  believe(bucket);
  await desk.modules.port.serve({ name: 'A' });
  expect(await desk.sagas()).toEqual([]);
  expect(desk.modules.remote.calls).toEqual([]);
  expect(await desk.effects()).toEqual(done);
});

it('a step whose keys are away is called there, and the rest is as it was', async () => {
  believe(bucket + 1);
  expect(await desk.modules.port.serve({ name: 'A' })).toEqual({ name: 'A', text: 'stamp' });
  expect(desk.modules.remote.named('till.pay')).toHaveLength(1);
  expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
  expect(await desk.effects()).toEqual(done);
});

it('a step whose keys have gone without our knowing: all is taken back, and it runs on its own at the owner', async () => {
  believe(0);
  await own('till', 'extracted_below = 10000');
  desk.modules.remote.next('till.pay', async (deliver) => {
    // The owner: the toy modules have one database for both sides.
    await own('till', atRest);
    return deliver();
  });
  expect(await desk.modules.port.serve({ name: 'A' })).toEqual({ name: 'A', text: 'stamp' });
  expect(await desk.effects()).toEqual(done);
  expect(desk.modules.remote.named('till.pay')).toHaveLength(1);
});

it('a step whose keys are handed off just now: it waits, the process does not fail', async () => {
  believe(0);
  await own('till', 'fence_from = 0, fence_to = 10000');
  const refresh = jest
    .spyOn(desk.modules.routes, 'refresh')
    .mockImplementation(() => void own('till', atRest));
  expect(await desk.modules.port.serve({ name: 'A' })).toEqual({ name: 'A', text: 'stamp' });
  expect(refresh).toHaveBeenCalled();
  expect(await desk.effects()).toEqual(done);
});

it('the key of the process itself is elsewhere: nothing is done here, and it goes there', async () => {
  await own('desk', 'extracted_below = 10000');
  const commandId = randomUUID();
  desk.modules.remote.next('desk.serve', async (deliver) => {
    await own('desk', atRest);
    return deliver();
  });
  expect(await desk.modules.port.serve({ name: 'A' }, { commandId })).toEqual({ name: 'A', text: 'stamp' });
  expect(desk.modules.remote.named('desk.serve')).toEqual([commandId]);
  expect(await desk.effects()).toEqual(done);
});

describe('the key of a stored process goes away while a step is called', () => {
  beforeEach(() => desk.modules.away('till'));

  it('this side does nothing more; the caller is answered by the new owner, who carries it on', async () => {
    desk.modules.remote.next('till.pay', async (deliver) => {
      const answer = await deliver();
      await own('desk', 'extracted_below = 10000');
      return answer;
    });
    const there = desk.anotherProcess('till');
    desk.modules.remote.next('desk.serve', async () => {
      // There, its row says that the other side has changed it last: its lease binds nobody.
      await own('desk', `extracted_below = 10000, side = 'extracted'`);
      expect(await there.engine.resumeDue(8)).toBe(1);
      return there.port.serve({ name: 'A' }, { commandId });
    });
    const commandId = randomUUID();
    expect(await desk.modules.port.serve({ name: 'A' }, { commandId })).toEqual({ name: 'A', text: 'stamp' });
    expect(await desk.effects()).toEqual(done);
    expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
    await own('desk', `side = 'monolith'`);
  });

  it('it is not taken up here, however long it has been due, and it is when it comes back', async () => {
    desk.modules.remote.next('till.pay', lostReply, lostReply);
    desk.modules.remote.next('till.payBack', lostReply);
    expect(await refusal(desk.modules.port.serve({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
    await desk.timePasses();
    await own('desk', 'extracted_below = 10000');
    expect(await desk.modules.engine.resumeDue(8)).toBe(0);
    await own('desk', 'extracted_below = 0, fence_from = 0, fence_to = 10000');
    expect(await desk.modules.engine.resumeDue(8)).toBe(0);
    await own('desk', atRest);
    expect(await desk.modules.engine.resumeDue(8)).toBe(1);
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
    expect((await desk.effects()).till).toEqual(['pay A', 'payBack A']);
  });

  it('is taken up though the clock of the database was set back by a day meanwhile', async () => {
    desk.modules.remote.next('till.pay', lostReply, lostReply);
    desk.modules.remote.next('till.payBack', lostReply);
    expect(await refusal(desk.modules.port.serve({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
    const put = (ahead: string) =>
      desk.database.query(`update desk.saga set due_at = now() + $1::interval`, [ahead]);
    await put('30 s');
    expect(await desk.modules.engine.resumeDue(8)).toBe(0);
    await put('1 day');
    expect(await desk.modules.engine.resumeDue(8)).toBe(1);
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
  });
});

it('a step that was given up is refused when it comes late', async () => {
  desk.modules.away('till');
  let late: () => Promise<unknown> = () => Promise.resolve();
  const lateOnce = (deliver: () => Promise<unknown>) => {
    late = deliver;
    return lostReply(() => Promise.resolve(), {});
  };
  desk.modules.remote.next('till.pay', lateOnce, lateOnce);
  expect(await refusal(desk.modules.port.serve({ name: 'A' }))).toMatchObject({ code: 'unavailable' });
  expect(await refusal(late())).toMatchObject({ code: 'command_undone' });
  expect((await desk.effects()).till).toEqual(['payBack A']);
});
