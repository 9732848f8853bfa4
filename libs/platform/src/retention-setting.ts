import { durationSetting, type Environment } from './settings.js';

/** How long records are kept, in ms. */
export interface Kept {
  resultsMs: number;
  historyMs: number;
  samplesMs: number;
}

/** `KEEP_RESULTS`, `KEEP_HISTORY` and `KEEP_SAMPLES`, each unless it is set as `usual`. @throws {SettingsError} */
export const retentionSetting = (env: Environment, usual: Kept, leastResultsMs: number): Kept => ({
  resultsMs: durationSetting(env, 'KEEP_RESULTS', usual.resultsMs, leastResultsMs),
  historyMs: durationSetting(env, 'KEEP_HISTORY', usual.historyMs),
  samplesMs: durationSetting(env, 'KEEP_SAMPLES', usual.samplesMs),
});
