import { longestEventsMs } from 'nestjs-strangler';
import { durationSetting, SettingsError, type Environment } from './settings.js';

/** How long records are kept, in ms. */
export interface Kept {
  resultsMs: number;
  eventsMs: number;
  historyMs: number;
  samplesMs: number;
}

/** Reports of what was given up are looked at until both sides have confirmed it. */
const leastHistoryMs = 2 * 24 * 3_600_000;

/**
 * `KEEP_RESULTS`, `KEEP_EVENTS`, `KEEP_HISTORY` and `KEEP_SAMPLES`, each unless it is set as `usual`; events no longer than it is known who has
 * handled them. @throws {SettingsError}
 */
export function retentionSetting(env: Environment, usual: Kept, leastResultsMs: number): Kept {
  const resultsMs = durationSetting(env, 'KEEP_RESULTS', usual.resultsMs, leastResultsMs);
  const mostMs = longestEventsMs(resultsMs);
  const eventsMs = durationSetting(env, 'KEEP_EVENTS', Math.min(usual.eventsMs, mostMs));
  if (eventsMs > mostMs)
    throw new SettingsError(
      'KEEP_EVENTS has to be a day shorter than KEEP_RESULTS: an event must not outlive what says who has handled it',
    );
  return {
    resultsMs,
    eventsMs,
    historyMs: durationSetting(env, 'KEEP_HISTORY', usual.historyMs, leastHistoryMs),
    samplesMs: durationSetting(env, 'KEEP_SAMPLES', usual.samplesMs),
  };
}
