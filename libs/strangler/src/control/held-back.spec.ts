import { heldBackFindings } from './held-back.js';

const figures = {
  opened: 1,
  heldBack: 4,
  retries: 0,
  retriesRefused: 0,
  bulkheads: [],
  failedMsAgo: 10,
  reason: 'no answer',
};
const of = (breaker: 'closed' | 'open' | 'half-open', failedMsAgo = 10) =>
  heldBackFindings([{ module: 'toy', side: 'extracted', ...figures, breaker, failedMsAgo }]);

it('an open breaker is told in words, and goes by itself', () => {
  expect(of('open')).toEqual([
    expect.objectContaining({
      module: 'toy',
      problem: 'calls to toy on the side extracted are held back: no answer',
      byItself: true,
    }),
  ]);
  expect(of('half-open')).toHaveLength(1);
});

it('a closed one is not, nor one of a side that nobody has asked for long', () => {
  expect(of('closed')).toEqual([]);
  expect(of('open', 60_000)).toEqual([]);
});
