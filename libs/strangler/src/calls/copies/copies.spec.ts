import { startNats, type TestNats } from '../../../../../test/support/nats.js';
import {
  callToy,
  memberOn,
  serveToy,
  untilUp,
  type ToyCaller,
  type ToyService,
} from '../../../../../test/support/rpc.js';
import { toyDatabase, type ToyDatabase } from '../../../../../test/support/toy.js';
import { toyExecutor, type ToyHandlers } from '../../../../../test/support/toy-executor.js';
import { pause, until } from '../../../../../test/support/until.js';
import type { CopyTimes } from './copies.js';

interface ToyCopy extends ToyService {
  handlers: ToyHandlers;
  served: number;
}

let nats: TestNats;
let database: ToyDatabase;
let caller: ToyCaller;
let copies: ToyCopy[] = [];

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), toyDatabase()]);
  caller = callToy(nats);
  await untilUp(caller.link);
});
afterEach(() => Promise.all(copies.map((copy) => copy.close())));
afterAll(async () => {
  await caller.close();
  await Promise.all([nats.stop(), database.drop()]);
});

const quick: CopyTimes = { lookEveryMs: 50, awayMs: 500 };
const long: CopyTimes = { ...quick, awayMs: 600_000 };

async function start(count: number, times = quick): Promise<[ToyCopy, ToyCopy]> {
  copies = await Promise.all(
    Array.from({ length: count }, async () => {
      const { executor, handlers } = toyExecutor(database.dataSource);
      const member = memberOn('extracted', ['toy']);
      const copy = { ...(await serveToy(nats, executor, member, times)), handlers, served: 0 };
      handlers.look = (input) => {
        copy.served++;
        return Promise.resolve(input);
      };
      return copy;
    }),
  );
  return copies as [ToyCopy, ToyCopy];
}

const fail = (copy: ToyCopy) => (copy.handlers.look = () => Promise.reject(new Error('its disk is full')));
const look = () =>
  caller.port.look({ name: 'A' }).then(
    () => 'ok',
    (error: unknown) => String((error as { code?: unknown }).code ?? error),
  );
const looks = (count = 10) => Promise.all(Array.from({ length: count }, look));
const areOut = () => copies.map(({ copies: all }) => all.isOut('toy'));

/** Calls until `done`. */
const callUntil = (what: string, done: () => boolean) =>
  until(what, async () => {
    await looks();
    return done() || undefined;
  });

it('one that fails takes no calls for a while, and comes back', async () => {
  const [bad, good] = await start(2);
  const { look: works } = bad.handlers;
  fail(bad);
  await callUntil('the bad one has left', () => bad.copies.isOut('toy'));
  await until('its subscription has gone', async () =>
    (await looks()).every((each) => each === 'ok') ? true : undefined,
  );
  expect(good.copies.isOut('toy')).toBe(false);
  bad.handlers.look = works;
  await callUntil('it takes calls again', () => bad.served > 0);
  // What it did before it left does not count any more.
  const had = bad.served;
  await callUntil('it has had its share since', () => bad.served > had + 30);
  await pause(4 * quick.lookEveryMs);
  expect(areOut()).toEqual([false, false]);
  expect(bad.copies.reports()[0]).toMatchObject({ state: 'in', figures: { failed: 0 } });
});

it('one that is slow does, too, and answers what it has taken', async () => {
  const [slow] = await start(2);
  slow.handlers.look = (input) => pause(300).then(() => input);
  const all: Promise<string[]>[] = [];
  await until('the slow one has left', async () => {
    all.push(looks(4));
    await pause(20);
    return slow.copies.isOut('toy') || undefined;
  });
  expect(new Set((await Promise.all(all)).flat())).toEqual(new Set(['ok']));
  const [report] = slow.copies.reports();
  expect(report?.reason).toMatch(/^nine of ten calls take up to \d+ ms here, and \d+ ms on other copies$/);
});

it('where all fail, all stay', async () => {
  await start(2);
  copies.forEach(fail);
  await until('each has had its share', async () => {
    await looks();
    return copies.every(({ copies: all }) => all.reports()[0]!.figures.calls >= 30) || undefined;
  });
  await pause(6 * quick.lookEveryMs);
  expect(areOut()).toEqual([false, false]);
});

it('of three that fail but one, one leaves', async () => {
  const [first, second] = await start(3, long);
  // The one in the middle of the two others is the good one, for the first that leaves is no measure.
  await callUntil('all have answered', () => copies.every(({ served }) => served >= 20));
  fail(first);
  await callUntil('it has left', () => first.copies.isOut('toy'));
  fail(second);
  await until('the second has had its share', async () => {
    await looks();
    const { figures } = second.copies.reports()[0]!;
    return figures.failed >= 0.9 * figures.calls || undefined;
  });
  await pause(6 * quick.lookEveryMs);
  expect(areOut()).toEqual([true, false, false]);
});

it('one that is out comes back at once when the other one ends', async () => {
  const [bad, good] = await start(2, long);
  fail(bad);
  await callUntil('the bad one has left', () => bad.copies.isOut('toy'));
  await good.close();
  await until('it is back', () => (bad.copies.isOut('toy') ? undefined : true));
  bad.handlers.look = (input) => Promise.resolve(input);
  expect(await look()).toBe('ok');
});

it('who answers rubbish in its place is no other copy: it stays, and goes on', async () => {
  const [bad] = await start(1);
  fail(bad);
  let asked = 0;
  const { subjects, current } = caller.link;
  const at = subjects.copies({ module: 'toy', side: 'extracted', database: memberOn('extracted').database });
  const rubbish = current!.subscribe(at, {
    callback: (_error, message) => void message.respond(asked++ % 2 ? '{"id":"b","state":"in"}' : 'rubbish'),
  });
  await callUntil('it has asked', () => asked >= 4);
  rubbish.unsubscribe();
  expect(areOut()).toEqual([false]);
  expect((await looks()).length).toBe(10);
});
