/** What each gate measures. A reader who wonders what `strays` are needs no other page. */
export const gateMeanings: Readonly<Record<string, string>> = {
  approval: 'the share that waits for a person',
  backfill: 'tables whose rows of before are still being copied',
  bake: 'how long the step has been watched, in ms, without an outage',
  degraded: 'sides whose changes are not confirmed',
  'error rate':
    "share of the new side's calls that fail, less that of the old side's; at 100 % the share alone",
  lag: 'age of the oldest change that the other side does not have, in ms',
  'local use': 'operations that the monolith has served in the last five seconds',
  outbox: 'changes that are on their way',
  'p99 ratio':
    "share of the new side's calls that are slower than p99Ratio times the old side's 99th percentile (at least 25 ms)",
  quarantined: 'rows that can never be applied',
  rehearsal: 'share of the commands rehearsed on the new side that fail there',
  'shadow mismatches':
    'share of the answers of both sides that differ; those that could not be compared are neither',
  strays: 'how long ago the last write went past the port, in ms',
  verify: 'rows that differ between both sides',
};
