import { longestReplayMs } from '../../calls/events/event-replay.js';
import type { SubscriberLag } from '../../calls/events/event-views.js';
import { jetStream } from '../../contract/event.js';
import { typed, type Subject } from '../conditions/advice.js';
import type { Finding } from '../terms/views.js';

/** A subscriber that is further behind has to be looked after, in ms. */
const lateAfterMs = 300_000;

const minutes = (ms: number): number => Math.round(ms / 60_000);

/** Events that wait for somebody: dead letters, subscribers that do not get on, a view that was left empty. Pure. */
export const eventFindings = (subject: Subject, lags: readonly SubscriberLag[]): Finding[] =>
  lags
    .flatMap((lag) => [failed(subject, lag), late(subject, lag), halfway(subject, lag)])
    .flatMap((found) => (found ? [{ module: subject.module, repairable: false, ...found }] : []));

type Found = Omit<Finding, 'module' | 'repairable'> | undefined;

const failed = (subject: Subject, { module, subscriber, failed: keys }: SubscriberLag): Found =>
  keys > 0
    ? {
        problem: `${subscriber} has failed for good at events of ${keys} ${keys === 1 ? 'key' : 'keys'} of ${module}`,
        meaning: 'each was tried ten times; later events of these keys wait behind it, all others go on',
        remedy: `see why (${typed(subject, 'events list', `--subscriber ${subscriber} --state failed`)}), mend ${subscriber}, and send each again: events resubmit; or put it away: events discard`,
      }
    : undefined;

const late = (
  subject: Subject,
  { module, subscriber, failed: keys, waiting, oldestMs }: SubscriberLag,
): Found =>
  // A failed one is the oldest, however well the others do.
  keys === 0 && oldestMs !== null && oldestMs > lateAfterMs
    ? {
        problem: `${subscriber} is ${minutes(oldestMs)} min behind with the events of ${module} (${waiting} wait)`,
        ...(subscriber === jetStream
          ? outsidersWait
          : {
              meaning: 'they are delivered as soon as it answers, in their order; nothing is lost',
              remedy: `see what it answers (${typed(subject, 'events list', `--subscriber ${subscriber} --state processing`)}) and whether it runs (${typed({ ...subject, module: subscriber }, 'status')})`,
            }),
      }
    : undefined;

const outsidersWait = {
  meaning:
    'outsiders hear of them once JetStream is there, in their order; what is pruned before is lost to them',
  remedy:
    'see why in the log of whoever owns the module ("publishes no events to JetStream"), and whether NATS runs it (nats-server -js)',
};

const halfway = (subject: Subject, { module, subscriber, replayMs }: SubscriberLag): Found =>
  replayMs !== null && replayMs > longestReplayMs
    ? {
        problem: `a replay of ${module} to ${subscriber} was begun ${minutes(replayMs)} min ago, and has not come to its end`,
        meaning: `no new event of ${module} is delivered to ${subscriber}, and its view may be empty`,
        remedy: `say it again: ${typed(subject, 'events replay', `--subscriber ${subscriber}`)}`,
      }
    : undefined;
