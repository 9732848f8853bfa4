import { Maybe, Nested } from '../../contract/fields.js';
import { policies } from '../../routes/phase.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { settingKeys } from '../config/setting-keys.js';
import type { ModuleSettings } from '../config/settings.js';
import { settingsOf, WrittenSettings } from '../config/written-settings.js';
import { RefusedError } from '../terms/refused.js';
import { SteeringBody } from './bodies.js';
import { command } from './command.js';
import { requireAlive, requireUnheld } from './preconditions.js';
import { ending, towards, wants } from './steering.js';

class RunBody extends SteeringBody {
  /** For a module that is steered by hand, what `strangler.yaml` says of one that stands in it. */
  @Maybe() @Nested(() => WrittenSettings) settings?: WrittenSettings | null;
}

/** The whole way, gate by gate. */
export const run = command({
  body: RunBody,
  steers: true,
  plan: (context, { settings: written = {} }) => {
    const { row } = context;
    requireAlive(context);
    if (policies[row.phase].moved && !row.transition && policies[row.wanted.phase].moved) {
      const subject = subjectOf(row, context.advice);
      throw new RefusedError(
        `${row.module} is extracted already; go back: ${typed(subject, 'rollback')}; or end it: ${ending(subject)}`,
      );
    }
    requireUnheld(context, [`run ${row.module}`, ...flagsOf(written)].join(' '));
    const settings = settingsOf(written, row.settings);
    const accepted = towards({ ...context, row: { ...row, settings } }, wants(context, 'extracted'));
    const how = Object.keys(written).length > 0 ? [inOtherWays(settings)] : [];
    const by = Object.fromEntries(settingKeys(written).map((key) => [key, `run by ${context.actor}`]));
    const change = { ...accepted.change, settings, sources: { ...row.sources, ...by } };
    return { ...accepted, plan: [...how, ...accepted.plan], change };
  },
});

const inOtherWays = ({ ramp, bakeMs, gates, ack }: ModuleSettings): string =>
  `from now on: ramp ${ramp.join(', ')} %, each step watched for ${bakeMs / 1_000} s, at least ${gates.minSamples} samples, ack ${ack}`;

/** Those settings that the command line knows; others are given over the admin API. */
function flagsOf(settings: WrittenSettings): string[] {
  const { ramp, bake, gates } = settings;
  return settingKeys(settings).flatMap((key) => {
    if (key === 'ramp') return `--ramp ${ramp?.join(',')}`;
    if (key === 'bake') return `--bake ${bake}`;
    return key === 'gates.minSamples' ? `--min-samples ${gates?.minSamples}` : [];
  });
}
