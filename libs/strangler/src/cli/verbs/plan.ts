import type { Command } from 'commander';
import { act, show } from '../act.js';
import { isRoute } from '../route-verbs.js';
import type { Cli } from '../cli.js';
import { looking } from '../command.js';
import { bodyOf, withSettings, type RunFlags } from './run-settings.js';

/** `plan <module>`: what `run` would do from here. */
export const plan = (program: Command, cli: Cli): Command =>
  withSettings(
    looking(program, 'plan <module>', 'say what "run" would do from here, and what stands in its way', {
      'plan parcels': 'the steps that are left',
    }),
  ).action(async (module: string, flags: RunFlags) => {
    const body = bodyOf({ ...flags, dryRun: true });
    await (isRoute(module) ? act(cli, module, 'run', body) : show(cli, module, 'run', body));
  });
