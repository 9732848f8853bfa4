import { isDomainError } from 'nestjs-strangler/contract';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { AnsweredQuery, FinishedCall } from '#strangler/calls/call-observer';
import { withContext } from '#strangler/database/context';
import { prepare, type PreparedOperation } from '#strangler/contract/operation';
import { refusal } from '../../support/failure.js';
import { toy } from '../../support/toy.js';
import { door } from '../../support/rpc.js';
import { half, nameOf, ToySides } from '../../support/toy-sides.js';
import { until } from '../../support/until.js';

/*
 * A key changes its owner while calls for it are on their way. A router may be wrong about the owner, a store never is:
 * the call goes on to where the key is, waits while it is nowhere, and takes effect once.
 */
let both: ToySides;
const finished: FinishedCall[] = [];
const answered: AnsweredQuery[] = [];

beforeAll(async () => {
  both = await ToySides.open({
    finished: (call) => finished.push(call),
    answered: (query) => answered.push(query),
  });
});
beforeEach(() => jest.spyOn(Logger.prototype, 'error').mockReturnValue());
afterEach(async () => {
  jest.restoreAllMocks();
  finished.length = answered.length = 0;
  await both.reset();
});
afterAll(() => both.drop());

const near = nameOf('monolith');
const far = nameOf('extracted');
const before = (deadline: number, work: () => Promise<unknown>) =>
  withContext({ requestId: 'r', deadline, servedBy: new Map() }, work);

describe.each(['put', 'look'] as const)('a call (%s)', (operation) => {
  it.each([
    ['that is believed to be of the monolith', 0, far],
    ['that is believed to be of the service', 10_000, near],
  ])('for a key %s, and is not: goes to its owner', async (_what, belief, name) => {
    both.believe(belief);
    expect(await both.port[operation]({ name })).toEqual({ name });
    expect(finished).toMatchObject([{ side: name === far ? 'extracted' : 'monolith', outcome: 'ok' }]);
  });

  it('while the key is handed off: waits, and is answered by the new owner', async () => {
    await both.own('monolith', { fence_from: half, fence_to: 10_000 });
    const refresh = jest.spyOn(both.routes, 'refresh');
    const calling = both.port[operation]({ name: near });
    await until('it has been told to wait, more than once', () => refresh.mock.calls.length > 2 || undefined);
    await both.own('extracted', { extracted_below: 10_000 });
    await both.own('monolith', { extracted_below: 10_000, fence_from: null, fence_to: null });
    expect(await calling).toEqual({ name: near });
    expect(finished).toMatchObject([{ side: 'extracted', outcome: 'ok' }]);
  });

  it('between owning and releasing, and with a hand-off that is taken back: no different', async () => {
    await both.own('monolith', { fence_from: half, fence_to: 10_000 });
    const refresh = jest.spyOn(both.routes, 'refresh');
    const calling = both.port[operation]({ name: near });
    await until('it waits', () => refresh.mock.calls.length > 1 || undefined);
    await both.own('monolith', { fence_from: null, fence_to: null });
    expect(await calling).toEqual({ name: near });
    expect(finished).toMatchObject([{ side: 'monolith', outcome: 'ok' }]);
  });

  it('for which nobody is the owner until its deadline: unavailable, and nothing is done', async () => {
    await both.own('monolith', { fence_from: 0, fence_to: 10_000 });
    const called = before(performance.now() + 100, () => both.port[operation]({ name: near }));
    expect(await refusal(called)).toMatchObject({ code: 'unavailable', data: { module: 'toy' } });
    expect(await both.effects()).toEqual({ monolith: [], extracted: [] });
  });

  it('that both sides send away until its deadline: unavailable', async () => {
    await both.own('extracted', { extracted_below: 0 });
    const called = before(performance.now() + 100, () => both.port[operation]({ name: far }));
    expect(await refusal(called)).toMatchObject({ code: 'unavailable' });
  });

  it('to a database without an ownership row: unavailable', async () => {
    await both.monolith.database.query(`update strangler.ownership set module = 'gone' where module = 'toy'`);
    const called = refusal(both.port[operation]({ name: near }));
    expect(await called).toMatchObject({ code: 'unavailable' });
    await both.monolith.database.query(`update strangler.ownership set module = 'toy' where module = 'gone'`);
  });
});

it('every try of a command has one id, also where the caller gave none: it takes effect once', async () => {
  both.believe(0);
  const execute = jest.spyOn(both.extracted.executor, 'execute');
  const here = jest.spyOn(both.monolith.executor, 'execute');
  await both.port.put({ name: far });
  const ids = [here, execute].map(({ mock }) => mock.calls[0]?.[2]);
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(ids[1]).toBe(ids[0]);
});

it('a command again, under its id, after its key has moved: its answer of that time', async () => {
  const commandId = randomUUID();
  await both.port.put({ name: near, amount: 1 }, { commandId });
  await both.move(10_000);
  expect(await both.port.put({ name: near, amount: 1 }, { commandId })).toEqual({ name: near, amount: 1 });
  expect(await both.effects()).toEqual({ monolith: [near], extracted: [] });
});

it('routes that prove to be wrong are asked for', async () => {
  both.believe(0);
  const stop = both.routes.onRefresh(() => both.believe(half));
  await both.port.put({ name: far });
  stop();
  expect(both.routes.entryOf('toy')?.extractedBelow).toBe(half);
});

describe('an answer', () => {
  /** The handler of `look` on the monolith stands at a door; what it has read is from before. */
  function heldBack() {
    const { open, passed } = door();
    let asked = 0;
    const { look } = both.monolith.handlers;
    both.monolith.handlers.look = async (input) => {
      asked++;
      if (asked === 1) await passed;
      return look(input);
    };
    return {
      open,
      asked: () => until('it reads', () => asked || undefined),
      times: () => asked,
      restore: () => (both.monolith.handlers.look = look),
    };
  }

  it('that was read before its key moved away is not given: the new owner is asked', async () => {
    await both.port.look({ name: near });
    finished.length = 0;
    const reading = heldBack();
    const calling = both.port.look({ name: near });
    await reading.asked();
    await both.move(10_000);
    reading.open();
    expect(await calling).toEqual({ name: near });
    expect(finished).toMatchObject([{ side: 'extracted' }]);
    reading.restore();
  });

  it('that was read while its key was away and back again is read once more', async () => {
    await both.port.look({ name: near });
    const reading = heldBack();
    const calling = both.port.look({ name: near });
    await reading.asked();
    await both.move(10_000);
    await both.move(half);
    reading.open();
    expect(await calling).toEqual({ name: near });
    expect(reading.times()).toBe(2);
    reading.restore();
  });

  it('that says no is checked as well: only the owner knows that there is nothing', async () => {
    const { look } = both.monolith.handlers;
    both.monolith.handlers.look = async () => {
      await both.move(10_000);
      throw toy.error('look', 'not_found');
    };
    expect(await both.port.look({ name: near })).toEqual({ name: near });
    both.monolith.handlers.look = look;
  });

  it('asked only to compare is given by whoever is asked', async () => {
    const look = prepare(toy).get('look') as PreparedOperation;
    expect(await both.router.askSide(look, 'monolith', { name: far })).toEqual({ name: far });
    expect(finished).toEqual([]);
  });
});

it('a query that has its answer is told with it, and refusals and faults as what they are', async () => {
  await both.port.look({ name: near });
  expect(answered).toMatchObject([{ side: 'monolith', input: { name: near }, result: { name: near } }]);
  const { put } = both.extracted.handlers;
  both.extracted.handlers.put = () => Promise.reject(new Error('broken'));
  const error: unknown = await both.port.put({ name: far }).catch((thrown: unknown) => thrown);
  expect(isDomainError(error) && error.code).toBe('internal');
  both.extracted.handlers.put = put;
  expect(finished.map(({ side, outcome }) => [side, outcome])).toEqual([
    ['monolith', 'ok'],
    ['extracted', 'error'],
  ]);
});

describe('a list, for which any copy will do', () => {
  const heard = (ago: string) =>
    both.extracted.database.query(
      `insert into strangler.applied (module, whole_at) values ('toy', clock_timestamp() - $1::interval)
       on conflict (module) do update set whole_at = excluded.whole_at`,
      [ago],
    );
  let clock = performance.now();
  /** What was known of the copy's age before is out of date. */
  const later = () => jest.spyOn(performance, 'now').mockReturnValue((clock += 60_000));
  const beta = { cohorts: [{ header: 'x-user-group', equals: 'beta' }] };
  const asBeta = () =>
    withContext({ requestId: 'r', servedBy: new Map(), headers: { 'x-user-group': 'beta' } }, () =>
      both.port.list({ name: 'A' }),
    );

  it('is answered by the copy while that is fresh, else by the monolith', async () => {
    both.believe(half, beta);
    for (const ago of ['1 day', '0 s', '2 s']) {
      await heard(ago);
      later();
      await asBeta();
    }
    expect(finished.map(({ side }) => side)).toEqual(['monolith', 'extracted', 'monolith']);
  });

  it('is answered by whoever owns all, however old the last batch is', async () => {
    await heard('1 hour');
    await both.move(10_000);
    both.believe(10_000, { readsBelow: 10_000 });
    later();
    await both.port.list({ name: 'A' });
    expect(finished).toMatchObject([{ side: 'extracted' }]);
  });
});
