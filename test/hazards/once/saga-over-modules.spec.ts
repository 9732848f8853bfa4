import { currentContext, withContext } from 'nestjs-strangler';
import type { Caller } from '#strangler/contract/caller';
import type { OwnStep } from '#strangler/calls/sagas/saga';
import { refusal } from '../../support/failure.js';
import { toyDesk } from '../../support/toy-desk.js';
import {
  lostReply,
  noAnswer,
  refused,
  shelf,
  till,
  unreachable,
  type Way,
} from '../../support/toy-modules.js';

/*
 * As soon as a module is away, a process is a stored saga: written down before each step acts, undone in reverse when a
 * step fails before the pivot, carried on for ever after it. Steps: take (shelf), note, pay (till), stamp = pivot, ship.
 */
const desk = toyDesk();
beforeEach(() => desk.modules.away('till'));

const serve = () => desk.modules.port.serve({ name: 'A' });
const next = (name: string, ...ways: Way[]) => desk.modules.remote.next(name, ...ways);
const done = { shelf: ['take A', 'ship A'], till: ['pay A'], desk: ['note A', 'stamp A'] };
const declined = refused(till.error('pay', 'declined', { why: 'limit' }));
const closed = refused(till.error('pay', 'closed'));

it('each step is stored before it acts', async () => {
  const before: unknown[] = [];
  next('till.pay', async (deliver) => {
    before.push(await desk.sagas(), await desk.effects(), await desk.claims());
    return deliver();
  });
  expect(await serve()).toEqual({ name: 'A', text: 'stamp' });
  expect(before).toEqual([
    [{ status: 'running', step: 2, attempts: 0, answered: false, version: 1 }],
    { shelf: ['take A'], till: [], desk: ['note A'] },
    [{ result: null }],
  ]);
  expect(await desk.effects()).toEqual(done);
  expect(await desk.sagas()).toMatchObject([{ status: 'done', step: 5 }]);
  expect(await desk.claims()).toEqual([{ result: { name: 'A', text: 'stamp' } }]);
});

it('a reply that is lost: asked again under the same id, done once', async () => {
  next('till.pay', lostReply);
  expect(await serve()).toEqual({ name: 'A', text: 'stamp' });
  expect(await desk.effects()).toEqual(done);
  const [first, second] = desk.modules.remote.named('till.pay');
  expect(first).toEqual(expect.any(String));
  expect(second).toBe(first);
});

it('it goes on for whom it was begun, also in another process and after everybody has gone home', async () => {
  const actor = { id: 'ann', role: 'user', version: 3 };
  const caller: Caller = { program: 'counter', as: 'module', actor };
  const seen: unknown[] = [];
  const look: Way = async (deliver) => {
    seen.push(currentContext()?.caller);
    return deliver();
  };
  next('till.pay', closed);
  await withContext({ requestId: 'evening', servedBy: new Map(), caller }, serve);
  await desk.timePasses();
  const another = desk.anotherProcess('till');
  another.remote.next('till.pay', closed);
  await another.engine.resumeDue(8);
  await desk.timePasses();
  next('till.pay', look);
  await desk.modules.engine.resumeDue(8);
  expect(seen).toEqual([{ program: 'desk', as: 'module', actor }]);
  expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
});

describe('a step fails before the pivot', () => {
  const undone = { shelf: ['take A', 'giveBack A'], till: [], desk: ['note A', 'unnote A'] };

  it.each<[string, Way, string]>([
    ['refused', declined, 'declined'],
    ['not reached', unreachable, 'unavailable'],
  ])('%s: what came before is undone in reverse, and not the step itself', async (_what, way, code) => {
    next('till.pay', way);
    expect(await refusal(serve())).toMatchObject({ code });
    expect(await desk.effects()).toEqual(undone);
    expect(desk.modules.remote.named('till.payBack')).toEqual([]);
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
  });

  it.each<[string, Way[]]>([
    ['it was done, both replies were lost', [lostReply, lostReply]],
    ['it was not done', [noAnswer, noAnswer]],
    ['it was done, then refused', [lostReply, declined]],
    ['it was done, then not reached', [lostReply, unreachable]],
  ])('no answer to be had, in truth %s: undone too, before what came before it', async (_what, ways) => {
    next('till.pay', ...ways);
    const order: string[] = [];
    for (const name of ['shelf.giveBack', 'till.payBack']) {
      const undo = desk.modules.handlers[name] as (input: unknown) => Promise<unknown>;
      desk.modules.handlers[name] = (input) => {
        order.push(name);
        return undo(input);
      };
    }
    await refusal(serve());
    expect(order).toEqual(['till.payBack', 'shelf.giveBack']);
    expect((await desk.effects()).till.at(-1)).toBe('payBack A');
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
  });

  it('whose outcome was unknown is known to its caller as not done, once it is undone', async () => {
    next('till.pay', lostReply, lostReply);
    expect(await refusal(serve())).toMatchObject({ code: 'unavailable' });
  });

  it('the same id is free again afterwards', async () => {
    const commandId = '0190b5a0-7d2e-7cc3-98c4-dc0c0c07398f';
    next('till.pay', declined);
    await refusal(desk.modules.port.serve({ name: 'A' }, { commandId }));
    expect(await desk.claims()).toEqual([]);
    expect(await desk.modules.port.serve({ name: 'A', amount: 2 }, { commandId })).toMatchObject({
      text: 'stamp',
    });
  });

  it('an undo that fails is tried again until it works, under one id; the caller knows the refusal at once', async () => {
    desk.modules.away('till', 'shelf');
    next('till.pay', declined);
    next('shelf.giveBack', unreachable, lostReply);
    expect(await refusal(serve())).toEqual({ code: 'declined', data: { why: 'limit' } });
    for (let i = 0; i < 2; i++) {
      expect(await desk.sagas()).toMatchObject([{ status: 'compensating', step: 0, attempts: i + 1 }]);
      await desk.timePasses();
      expect(await desk.modules.engine.resumeDue(8)).toBe(1);
    }
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
    expect(await desk.effects()).toEqual(undone);
    expect(new Set(desk.modules.remote.named('shelf.giveBack')).size).toBe(1);
  });
});

describe('a step says to wait', () => {
  it('the caller is answered, and it is tried again, each time later, until it is done', async () => {
    next('till.pay', closed, closed, closed);
    let before = await clock();
    expect(await serve()).toEqual({ name: 'A', text: 'wait' });
    const waits: Awaited<ReturnType<typeof waitSince>>[] = [];
    for (let attempts = 1; attempts <= 3; attempts++) {
      waits.push(await waitSince(before));
      expect(await desk.sagas()).toMatchObject([{ status: 'waiting', step: 2, attempts, answered: true }]);
      // Not before its time.
      await desk.database.query(`update desk.saga set due_at = due_at + interval '1 minute'`);
      expect(await desk.modules.engine.resumeDue(8)).toBe(0);
      await desk.timePasses();
      before = await clock();
      expect(await desk.modules.engine.resumeDue(8)).toBe(1);
    }
    for (const [i, { atMost }] of waits.slice(1).entries())
      expect(atMost).toBeGreaterThanOrEqual(2 * waits[i]!.atLeast);
    expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
    expect((await desk.effects()).till).toEqual(['pay A']);
    expect(await desk.claims()).toEqual([{ result: { name: 'A', text: 'stamp' } }]);
  });

  it('then it is refused: all is undone, the step itself too, since a try may have been done', async () => {
    next('till.pay', closed, declined);
    await serve();
    await desk.timePasses();
    await desk.modules.engine.resumeDue(8);
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
    expect(await desk.effects()).toMatchObject({ shelf: ['take A', 'giveBack A'], till: ['payBack A'] });
  });

  it('and when the steps before it are run again, one of them refuses: that is what counts', async () => {
    // `shelf` is away, so that the saga is stored before `note`; `pay` is here and shares a transaction with `note`.
    desk.modules.away('shelf');
    desk.modules.handlers['till.pay'] = () => Promise.reject(till.error('pay', 'closed'));
    const note = desk.modules.saga.steps[1] as OwnStep<object>;
    const soldOut = shelf.error('take', 'sold_out');
    jest.spyOn(note, 'run').mockResolvedValueOnce().mockRejectedValueOnce(soldOut);
    expect(await refusal(serve())).toMatchObject({ code: 'sold_out' });
    expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
    expect((await desk.effects()).shelf).toEqual(['take A', 'giveBack A']);
  });

  const clock = async (): Promise<string> => {
    const [row] = await desk.database.query<{ now: string }>('select now()::text as now');
    return row!.now;
  };
  /** For how long it has been put off, at a moment between that one and now, in ms. */
  const waitSince = async (moment: string) => {
    const [row] = await desk.database.query<{ atLeast: number; atMost: number }>(
      `select (extract(epoch from due_at - now()) * 1000)::float8 as "atLeast",
         (extract(epoch from due_at - $1::timestamptz) * 1000)::float8 as "atMost" from desk.saga`,
      [moment],
    );
    return row!;
  };
});

describe('past the pivot', () => {
  beforeEach(() => desk.modules.away('shelf'));

  it.each<[string, Way]>([
    ['refused', refused(shelf.error('take', 'sold_out'))],
    ['not reached', unreachable],
    ['without answer', lostReply],
  ])('a step %s does not concern the caller: it is tried until it works', async (_what, way) => {
    next('shelf.ship', way, way);
    expect(await serve()).toEqual({ name: 'A', text: 'stamp' });
    for (let attempts = 1; attempts <= 2; attempts++) {
      expect(await desk.sagas()).toMatchObject([{ status: 'running', step: 4, attempts }]);
      await desk.timePasses();
      await desk.modules.engine.resumeDue(8);
    }
    expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
    expect(await desk.effects()).toEqual(done);
  });
});

it('a step that waits right after the pivot, in its transaction: the caller’s answer is kept all the same', async () => {
  const ship = desk.modules.saga.steps[4] as unknown as { waitOn: Set<string> };
  ship.waitOn.add('internal');
  const sound = desk.modules.handlers['shelf.ship'] as never;
  desk.modules.handlers['shelf.ship'] = () => Promise.reject(new Error('the van is out'));
  expect(await serve()).toEqual({ name: 'A', text: 'wait' });
  expect(await desk.sagas()).toMatchObject([{ status: 'waiting', step: 4 }]);
  expect(await desk.claims()).toEqual([{ result: { name: 'A', text: 'wait' } }]);
  desk.modules.handlers['shelf.ship'] = sound;
  await desk.timePasses();
  await desk.modules.engine.resumeDue(8);
  expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
});

it('a module that leaves in the middle of a process is followed', async () => {
  next('till.pay', async (deliver) => {
    desk.modules.away('till', 'shelf');
    return deliver();
  });
  expect(await serve()).toEqual({ name: 'A', text: 'stamp' });
  expect(desk.modules.remote.named('shelf.ship')).toHaveLength(1);
  expect(await desk.effects()).toEqual(done);
});

it('a module that comes home in the middle of a process: the rest is one transaction', async () => {
  next('till.pay', async (deliver) => {
    const paid = await deliver();
    desk.modules.away();
    return paid;
  });
  expect(await serve()).toEqual({ name: 'A', text: 'stamp' });
  expect(await desk.effects()).toEqual(done);
  const writers = await desk.database.query(
    `select distinct xmin::text from (select xmin from desk.saga
     union all select xmin from desk.effect where what = 'stamp A'
     union all select xmin from shelf.effect where what = 'ship A') written`,
  );
  expect(writers).toHaveLength(1);
});
