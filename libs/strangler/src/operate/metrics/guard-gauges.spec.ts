import { guardGauges } from './guard-gauges.js';

it('each side has the state of its breaker, and what was held back and tried again', async () => {
  const own = { module: 'toy', side: 'extracted' } as const;
  const counts = { opened: 2, heldBack: 7, retries: 3, retriesRefused: 1, bulkheads: [] };
  const set = guardGauges({
    figures: () => [{ ...own, breaker: 'open', reason: 'no answer', failedMsAgo: 5, ...counts }],
  });
  const read = await set.read();
  expect(read).toEqual({
    strangler_breaker: [{ labels: { ...own, state: 'open' }, value: 1 }],
    strangler_breaker_opened: [{ labels: own, value: 2 }],
    strangler_calls_held_back: [{ labels: own, value: 7 }],
    strangler_call_retries: [
      { labels: { ...own, result: 'made' }, value: 3 },
      { labels: { ...own, result: 'refused' }, value: 1 },
    ],
  });
  expect(Object.keys(read)).toEqual(Object.keys(set.gauges));
});
