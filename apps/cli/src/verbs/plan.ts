import type { Command } from 'commander';
import { show } from '../act.js';
import type { Cli } from '../cli.js';
import { looking } from '../command.js';
import { bodyOf, withSettings, type RunFlags } from './run-settings.js';

/** `plan <module>`: what `run` would do from here. */
export const plan = (program: Command, cli: Cli): Command =>
  withSettings(
    looking(program, 'plan <module>', 'say what "run" would do from here, and what stands in its way', {
      'plan inventory': 'the steps that are left',
    }),
  ).action((module: string, flags: RunFlags) =>
    show(cli, module, 'run', bodyOf({ ...flags, dryRun: true })).then(() => undefined),
  );
