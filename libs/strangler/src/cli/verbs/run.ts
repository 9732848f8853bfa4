import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { steering } from '../command.js';
import { bodyOf, withSettings, type RunFlags } from './run-settings.js';

/** `run <module>`: the whole way, gate by gate. */
export const run = (program: Command, cli: Cli): Command =>
  withSettings(
    steering(program, 'run <module>', 'walk the module all the way to extracted, gate by gate', {
      'run parcels': 'copy, compare, shift by the ramp, extract',
      'run parcels --dry-run': 'only say what that would be',
      'run parcels --ramp 25,50 --bake 5m': 'in fewer steps, each watched for longer',
    }),
  ).action((module: string, flags: RunFlags) => start(cli, module, 'run', bodyOf(flags)));
