import type { SettingView } from '../../src/control/terms/views.js';

/** What each setting of a module means, in one line. All that can be said stands in docs/strangler-yaml.md. */
export const settingMeanings: Readonly<Record<string, string>> = {
  ack: 'when a caller is answered: once a write is stored on both sides, or on the owner’s',
  ramp: 'the shares on the way, in percent',
  bake: 'how long each share is watched before the next one',
  probeBake: 'the same while no customer calls, and only probes are compared',
  cohorts: 'whose reads go to the service first',
  approve: 'shares in percent that a person approves before the step that leads to them',
  shadowSample: 'the share of the queries that are asked of both sides in shadow, 0 to 1',
  rehearse: 'the share of the commands that are tried on the new side before it owns anything, 0 to 1',
  'gates.lagMs': 'how far a side may be behind the other, in ms',
  'gates.mismatchRate': 'the share of the compared answers that may differ, 0 to 1',
  'gates.errorRate': 'the share of the new side’s calls that may fail, 0 to 1',
  'gates.p99Ratio': 'how many times slower than the old side the new one may be',
  'gates.minSamples': 'fewer samples are no data, and the gate holds',
  'gates.confidence': 'how sure a decision to go on has to be, 0.5 to 0.999',
  'gates.probes': 'whether the controller asks both sides by itself where customers do not',
};

/** A setting, its value and what it means, for who looks for it. */
export const settingInWords = ({ key, value }: Pick<SettingView, 'key' | 'value'>): string =>
  [`${key} is ${JSON.stringify(value)}`, settingMeanings[key]].filter(Boolean).join(': ');
