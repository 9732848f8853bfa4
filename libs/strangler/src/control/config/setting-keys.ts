import type { SettingView } from '../terms/views.js';
import type { ModuleSettings } from './settings.js';
import type { WrittenSettings } from './written-settings.js';

/** The settings that are written, by the names that people know: `bake`, `gates.lagMs`. */
export const settingKeys = ({ gates, ...others }: WrittenSettings): string[] => [
  ...namesIn(others),
  ...namesIn(gates ?? {}).map((name) => `gates.${name}`),
];

const namesIn = (value: object): string[] =>
  Object.entries(value).flatMap(([name, each]) => (each == null ? [] : [name]));

/** The settings in force as they would be written, and where each comes from. */
export function settingsInForce(
  { bakeMs, probeBakeMs, gates, ...others }: ModuleSettings,
  sources: Readonly<Record<string, string>>,
): SettingView[] {
  const limits = Object.entries(gates).map(([name, value]) => [`gates.${name}`, value] as const);
  const all = [
    ...Object.entries({ ...others, bake: timeText(bakeMs), probeBake: timeText(probeBakeMs) }),
    ...limits,
  ];
  return all.map(([key, value]: readonly [string, unknown]) => ({
    key,
    value,
    from: sources[key] ?? builtIn,
  }));
}

const builtIn = 'built-in';

/** A time as people write it: `500ms`, `30s`. */
const timeText = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`);
