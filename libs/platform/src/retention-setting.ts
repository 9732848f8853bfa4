import { durationSetting, type Environment } from './settings.js';

/** How long records are kept, in ms. */
export interface Kept {
  resultsMs: number;
  eventsMs: number;
  historyMs: number;
  samplesMs: number;
}

/** Reports of what was given up are looked at until both sides have confirmed it. */
const leastHistoryMs = 2 * 24 * 3_600_000;

/** `KEEP_RESULTS`, `KEEP_EVENTS`, `KEEP_HISTORY` and `KEEP_SAMPLES`, each unless it is set as `usual`. @throws {SettingsError} */
export const retentionSetting = (env: Environment, usual: Kept, leastResultsMs: number): Kept => ({
  resultsMs: durationSetting(env, 'KEEP_RESULTS', usual.resultsMs, leastResultsMs),
  eventsMs: durationSetting(env, 'KEEP_EVENTS', usual.eventsMs),
  historyMs: durationSetting(env, 'KEEP_HISTORY', usual.historyMs, leastHistoryMs),
  samplesMs: durationSetting(env, 'KEEP_SAMPLES', usual.samplesMs),
});
