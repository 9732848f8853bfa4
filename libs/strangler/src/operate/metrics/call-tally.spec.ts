import type { FinishedCall } from '../../calls/call-observer.js';
import { callBounds, CallTally, observers } from './call-tally.js';

const call = (ms: number, change: Partial<FinishedCall> = {}): FinishedCall => ({
  ...{
    module: 'stock',
    operation: 'getProduct',
    kind: 'query',
    side: 'monolith',
    outcome: 'ok',
    forOperator: false,
    at: performance.now(),
    ms,
  },
  ...change,
});

it('calls are counted apart by module, operation, side and outcome, in the bucket of their time', () => {
  const tally = new CallTally();
  for (const ms of [0.5, 1, 1.1, 10_000, 10_001]) tally.finished(call(ms));
  tally.finished(call(3, { outcome: 'error', side: 'extracted' }));
  const [ok, failed, ...others] = tally.read();
  expect(ok).toMatchObject({ count: 5, labels: { outcome: 'ok', side: 'monolith' } });
  expect(ok!.sum).toBeCloseTo(20.0036, 6);
  expect(ok!.counts).toEqual([2, 1, ...new Array<number>(callBounds.length - 3).fill(0), 1, 1]);
  expect(failed).toMatchObject({ count: 1, labels: { outcome: 'error', side: 'extracted' } });
  expect(others).toEqual([]);
});

it('what was read does not change afterwards', () => {
  const tally = new CallTally();
  tally.finished(call(1));
  const [before] = tally.read();
  tally.finished(call(1));
  expect(before).toMatchObject({ count: 1, counts: expect.arrayContaining([1]) });
});

it('all observers are told', () => {
  const [one, two] = [new CallTally(), new CallTally()];
  observers(one, two).finished(call(1));
  expect([one.read()[0]?.count, two.read()[0]?.count]).toEqual([1, 1]);
});
