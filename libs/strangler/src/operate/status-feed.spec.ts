import { standing } from '../../../../test/support/standing.js';
import { StatusFeed, type Tick } from './status-feed.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const moving = standing('stock', { transition: { action: 'shift', step: 'fence', sinceMs: 5 } });
const verified = standing('stock', {
  verify: { running: { done: 1, total: 9, etaSeconds: null }, checkedAt: null, rows: 0, differences: 0 },
});
const onItsWay = standing('stock', { etaSeconds: null });

/** A feed whose questions are answered when the test says so. */
function feedOf(status = moving) {
  const waiting: (() => void)[] = [];
  const feed = new StatusFeed(() => new Promise((resolve) => waiting.push(() => resolve([status]))));
  const answer = async () => {
    waiting.splice(0).forEach((resolve) => resolve());
    await jest.advanceTimersByTimeAsync(0);
  };
  return { feed, waiting, answer };
}

it('one question a second serves all watchers', async () => {
  const { feed, waiting, answer } = feedOf();
  const told: [string, Tick][] = [];
  feed.join((tick) => told.push(['first', tick]));
  feed.join((tick) => told.push(['second', tick]));
  expect(waiting).toHaveLength(1);
  await answer();
  expect(told.map(([name]) => name)).toEqual(['first', 'second']);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(waiting).toHaveLength(1);
});

it('questions do not pile up behind a slow answer', async () => {
  const { feed, waiting, answer } = feedOf();
  const told: Tick[] = [];
  feed.join((tick) => told.push(tick));
  await jest.advanceTimersByTimeAsync(10_000);
  expect(waiting).toHaveLength(1);
  await answer();
  expect(told).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(waiting).toHaveLength(1);
});

it('nobody is asked when nobody watches', async () => {
  const { feed, waiting, answer } = feedOf();
  const [first, second] = [feed.join(() => undefined), feed.join(() => undefined)];
  await answer();
  first();
  second();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(waiting).toHaveLength(0);
  expect(jest.getTimerCount()).toBe(0);
});

it.each([
  ['is at rest', standing('stock'), 1_800],
  ['takes a step', moving, 1_000],
  ['is compared', verified, 1_000],
  ['is not where it is to be', onItsWay, 1_000],
])('a module that %s is asked again in time', async (_what, status, everyMs) => {
  const { feed, waiting, answer } = feedOf(status);
  feed.join(() => undefined);
  for (let asked = 0; asked < 3; asked++) {
    await answer();
    await jest.advanceTimersByTimeAsync(everyMs - 1);
    expect(waiting).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(waiting).toHaveLength(1);
  }
});

it('once something has happened, what was at rest is asked at once, and what was being asked soon', async () => {
  const { feed, waiting, answer } = feedOf(standing('stock'));
  feed.hurry();
  expect(waiting).toHaveLength(0);
  feed.join(() => undefined);
  await answer();
  feed.hurry();
  expect(waiting).toHaveLength(1);
  feed.hurry();
  await answer();
  await jest.advanceTimersByTimeAsync(1_000);
  expect(waiting).toHaveLength(1);
});
