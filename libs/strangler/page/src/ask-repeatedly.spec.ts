import { askRepeatedly } from './ask-repeatedly.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A listener that answers when a test says so. */
function slow() {
  const waiting: ((answer: number | Error) => void)[] = [];
  const ask = () =>
    new Promise<number>((resolve, reject) =>
      waiting.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer))),
    );
  const heard: (number | string)[] = [];
  const stop = askRepeatedly(ask, 1_000, {
    answer: (answer) => heard.push(answer),
    failure: ({ message }) => heard.push(message),
  });
  return { waiting, heard, stop };
}

it('asks again only once it was answered, or refused', async () => {
  const { waiting, heard, stop } = slow();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(waiting).toHaveLength(1);
  waiting[0]!(1);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(waiting).toHaveLength(2);
  waiting[1]!(new Error('busy'));
  await jest.advanceTimersByTimeAsync(1_000);
  expect(waiting).toHaveLength(3);
  expect(heard).toEqual([1, 'busy']);
  stop();
  expect(jest.getTimerCount()).toBe(0);
});

it('tells nothing of what is answered after the end, and asks no more', async () => {
  const { waiting, heard, stop } = slow();
  stop();
  waiting[0]!(1);
  await jest.advanceTimersByTimeAsync(10_000);
  expect([heard, waiting.length, jest.getTimerCount()]).toEqual([[], 1, 0]);
});
