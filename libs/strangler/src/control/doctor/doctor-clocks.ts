import type { Examiner } from './examiner.js';

/** What is less is the time that an answer took, in ms. */
const mostMs = 10_000;

/** Clocks of the two databases that do not agree. Nothing waits by them; people who read history do. */
export const clocks: Examiner = ({ observed: { states } }) => {
  const [home, away] = [states.monolith?.outgoing.clockMs, states.extracted?.outgoing.clockMs];
  if (home === undefined || away === undefined || Math.abs(home - away) < mostMs) return [];
  const ahead = home > away ? 'monolith' : 'extracted';
  return [
    {
      problem: `the clock of the database of ${ahead} is ${Math.round(Math.abs(home - away) / 1_000)} s ahead of the other side's`,
      meaning: 'times of rows, of history and of logs cannot be compared; no wait is measured by them',
      remedy: 'set both clocks (NTP); nothing has to be started anew',
    },
  ];
};
