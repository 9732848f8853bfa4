import { retentionSetting } from './retention-setting.js';

const day = 86_400_000;
const usual = { resultsMs: 30 * day, eventsMs: 14 * day, historyMs: 400 * day, samplesMs: 7 * day };
const read = (env: Record<string, string>) => retentionSetting(env, usual, 2 * day);

it.each([
  [{}, usual],
  [{ KEEP_RESULTS: '48h' }, { ...usual, resultsMs: 2 * day, eventsMs: day }],
  [{ KEEP_EVENTS: '29d' }, { ...usual, eventsMs: 29 * day }],
  [{ KEEP_EVENTS: '3d' }, { ...usual, eventsMs: 3 * day }],
  [
    { KEEP_HISTORY: '90d', KEEP_SAMPLES: '30m' },
    { ...usual, historyMs: 90 * day, samplesMs: 1_800_000 },
  ],
])('%j', (env, kept) => expect(read(env)).toEqual(kept));

it.each([
  [{ KEEP_RESULTS: '47h' }, 'KEEP_RESULTS=47h: a time as 30s, 36h or 30d, at least 48h, is expected'],
  [{ KEEP_HISTORY: '1 year' }, 'KEEP_HISTORY=1 year: a time as 30s, 36h or 30d, at least 48h, is expected'],
  [{ KEEP_EVENTS: '30d' }, 'KEEP_EVENTS has to be a day shorter than KEEP_RESULTS'],
  [{ KEEP_RESULTS: '10d', KEEP_EVENTS: '10d' }, 'KEEP_EVENTS has to be a day shorter than KEEP_RESULTS'],
  [{ KEEP_SAMPLES: '-1d' }, 'KEEP_SAMPLES=-1d: a time as 30s, 36h or 30d is expected'],
])('%j is refused', (env, sentence) => expect(() => read(env)).toThrow(sentence));
