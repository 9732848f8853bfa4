import { UnavailableError, ShedError } from '../contract/errors.js';
import { outcomeOf, type FinishedCall } from '../calls/call-observer.js';
import { CallMetrics } from './call-metrics.js';

const call = (change: Partial<FinishedCall>): FinishedCall => ({
  ...{ module: 'toy', operation: 'look', kind: 'query', side: 'extracted', ms: 1 },
  ...{ outcome: 'ok', forOperator: false, at: performance.now() },
  ...change,
});

/** Keeps what is written down, as soon as it is let. */
function database() {
  const written: { calls: number; errors: number }[] = [];
  let go: () => void = () => undefined;
  const free = new Promise<void>((resolve) => (go = resolve));
  const query = async (_sql: string, [deltas]: unknown[] = []) => {
    await free;
    written.push(...(JSON.parse(String(deltas)) as typeof written));
    return [];
  };
  return { written, go, database: { query } };
}

it('counts what customers get: not what was turned away by a limit for all, nor what operators ask', async () => {
  const { written, go, database: base } = database();
  const watch = new CallMetrics();
  watch.start(base, { entryOf: () => undefined });
  const failed = (error: Error) => call({ outcome: outcomeOf(error) });
  watch.finished(call({}));
  watch.finished(failed(new UnavailableError('toy', 'gone')));
  watch.finished(failed(new ShedError('toy', 'too many at a time')));
  watch.finished(call({ forOperator: true }));
  go();
  await watch.stop();
  expect(written).toMatchObject([
    { module: 'toy', side: 'extracted', origin: 'customer', calls: 2, errors: 1 },
  ]);
});

it('however often it is asked to write while the database hangs, it writes once more, and all', async () => {
  const { written, go, database: base } = database();
  const watch = new CallMetrics();
  watch.start(base, { entryOf: () => undefined });
  watch.finished(call({}));
  const asked = [watch.flush()];
  await new Promise(setImmediate);
  watch.finished(call({}));
  for (let i = 0; i < 10; i++) asked.push(watch.flush());
  expect(new Set(asked).size).toBe(2);
  go();
  await Promise.all(asked);
  expect(written).toMatchObject([{ calls: 1 }, { calls: 1 }]);
  await watch.stop();
});
