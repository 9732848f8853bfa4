import { RecentCalls } from './recent-calls.js';

it('what nine of ten calls take, and how many failed; what is older than ten seconds does not count', () => {
  const calls = new RecentCalls();
  calls.add({ at: 0, ms: 9_000, failed: true });
  for (let i = 1; i <= 20; i++) calls.add({ at: 10_000 + i, ms: i, failed: i > 15 });
  expect(calls.figures(10_020, 3)).toEqual({ calls: 20, failed: 5, p90Ms: 21 });
  expect(calls.figures(20_015, 0)).toEqual({ calls: 6, failed: 5, p90Ms: 20 });
});

it('of more than 256 calls the last are looked at', () => {
  const calls = new RecentCalls();
  for (let i = 0; i < 300; i++) calls.add({ at: i, ms: i < 100 ? 500 : 1, failed: i < 44 });
  expect(calls.figures(300, 0)).toEqual({ calls: 256, failed: 0, p90Ms: 500 });
});

it('what is forgotten does not count', () => {
  const calls = new RecentCalls();
  calls.add({ at: 1, ms: 1, failed: true });
  calls.forget();
  expect(calls.figures(2, 0)).toEqual({ calls: 0, failed: 0, p90Ms: 0 });
});
