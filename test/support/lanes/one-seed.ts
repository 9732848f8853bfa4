/*
 * Property tests draw the same cases in every run, so that a run says something of the commit and not of its luck. Those of the lane `full`
 * draw others each time.
 */
jest.mock('fast-check', () => {
  const actual = jest.requireActual<typeof import('fast-check')>('fast-check');
  actual.configureGlobal({ seed: 1 });
  return actual;
});
