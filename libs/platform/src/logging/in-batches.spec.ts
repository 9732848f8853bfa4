import { inBatches, longestMs } from './in-batches.js';
import { createLogger } from './logger.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const wait = () => jest.advanceTimersByTime(longestMs);

function open() {
  const writes: string[] = [];
  const logger = createLogger({
    level: 'info',
    destination: inBatches({ write: (text) => writes.push(text) }),
  });
  const said = () =>
    writes.map((text) =>
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
    );
  return { logger, said };
}

it('lines of a moment are one write, in their order', () => {
  const { logger, said } = open();
  logger.info('one');
  logger.child({}).info('two');
  expect(said()).toEqual([]);
  wait();
  logger.info('three');
  wait();
  expect(said()).toEqual([['one', 'two'], ['three']]);
});

it('a warning does not wait, nor what was said before it', () => {
  const { logger, said } = open();
  logger.info('one');
  logger.warn('two');
  expect(said()).toEqual([['one', 'two']]);
  wait();
  expect(said()).toEqual([['one', 'two']]);
});

it('what waits does not grow without end', () => {
  const { logger, said } = open();
  for (let i = 0; i < 30; i++) logger.info('x'.repeat(5_000));
  expect(said().length).toBeGreaterThan(1);
});

it('a process that ends says all that it has said', () => {
  const before = new Set(process.listeners('exit'));
  const { logger, said } = open();
  logger.info('last');
  for (const each of process.listeners('exit')) if (!before.has(each)) each(0);
  expect(said()).toEqual([['last']]);
});
