import type { RouteAnswer } from '../../src/operate/route-views.js';
import type { VerbButton } from './verb-buttons.js';

/** What an operator may do with a route of the edge. */
export type RouteButton = VerbButton<RouteAnswer['verb']>;

/** The way, and back; always in sight. */
export const routeSteps: readonly RouteButton[] = [
  {
    ...{ verb: 'run', label: 'Run', steers: true, asks: ['ramp', 'bake', 'minSamples'] },
    meaning: 'Readers go to new, share by share, gate by gate, until all do.',
  },
  {
    ...{ verb: 'advance', label: 'Next step', steers: true },
    meaning: 'One share further, at once, whatever the gates that only want more evidence say.',
  },
  {
    ...{ verb: 'shift', label: 'Shift…', steers: true, asks: ['percent'] },
    meaning: 'So many of the readers go to new, at once.',
  },
  { verb: 'approve', label: 'Approve', meaning: 'A person has looked: the step that waits for one goes on.' },
];

export const routePause: RouteButton = {
  ...{ verb: 'pause', label: 'Pause' },
  meaning: 'It stays where it is. Clients notice nothing.',
};
export const routeResume: RouteButton = { verb: 'resume', label: 'Resume', meaning: 'Steps begin again.' };

export const routeBack: RouteButton = {
  ...{ verb: 'rollback', label: 'Roll back', steers: true },
  meaning: 'Everybody goes to legacy again, at once. The plan says what becomes of what was written at new.',
};

/** What is seldom done. */
export const routeRare: readonly RouteButton[] = [
  { verb: 'abort', label: 'Abort', meaning: 'The way that it is on ends, and it stays where it is.' },
  {
    ...{ verb: 'mismatches', label: 'Clear mismatches', parameters: { clear: true } },
    meaning: 'Comparisons so far count no more.',
  },
];
