import { StatusFeed, type Tick } from './status-feed.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A feed whose questions are answered when the test says so. */
function feedOf() {
  const waiting: (() => void)[] = [];
  const feed = new StatusFeed(() => new Promise((resolve) => waiting.push(() => resolve([]))));
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
