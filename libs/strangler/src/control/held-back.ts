import type { SideFigures } from '../calls/resilience/side-guard.js';
import type { Finding } from './terms/views.js';

/** Whom nobody has asked for so long, of that nothing is known any more. */
const forgottenMs = 60_000;

/** What an operator is told of breakers that are not closed. Pure. */
export const heldBackFindings = (figures: readonly SideFigures[]): Finding[] =>
  figures
    .filter(({ breaker, failedMsAgo }) => breaker !== 'closed' && (failedMsAgo ?? 0) < forgottenMs)
    .map(({ module, side, reason }) => ({
      module,
      problem: `calls to ${module} on the side ${side} are held back: ${reason ?? 'it fails'}`,
      meaning:
        'nearly all calls failed, so they are answered unavailable at once; one in a while tries again',
      remedy: `look at the processes of ${module} on the side ${side}: calls go on by themselves when it answers`,
      repairable: false,
      byItself: true,
    }));
