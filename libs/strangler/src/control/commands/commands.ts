import type { Action } from '../operator.js';
import { settingKeys } from '../config/setting-keys.js';
import type { WrittenSettings } from '../config/written-settings.js';

/** The command line that asks for an action that moves a module, as the CLI takes it. */
export function commandOf(module: string, action: Action): string {
  switch (action.verb) {
    case 'run':
      return [`run ${module}`, ...flagsOf(action.settings ?? {})].join(' ');
    case 'shift':
      return `shift ${module} ${action.percent}`;
    case 'rollback':
      return `rollback ${module}${(action.to ?? 'monolith') === 'monolith' ? '' : ` --to ${action.to}`}`;
    default:
      return `${action.verb} ${module}`;
  }
}

/** Those that the command line knows; others are given over the admin API. */
function flagsOf(settings: WrittenSettings): string[] {
  const { ramp, bake, gates } = settings;
  return settingKeys(settings).flatMap((key) => {
    if (key === 'ramp') return `--ramp ${ramp?.join(',')}`;
    if (key === 'bake') return `--bake ${bake}`;
    return key === 'gates.minSamples' ? `--min-samples ${gates?.minSamples}` : [];
  });
}
