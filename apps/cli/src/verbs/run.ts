import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, type ChangingFlags } from '../command.js';

/** `run <module>`: the whole way, gate by gate. */
export const run = (program: Command, cli: Cli): Command =>
  changing(program, 'run <module>', 'walk the module all the way to extracted, gate by gate', {
    'run inventory': 'copy, compare, shift by the ramp, extract',
    'run inventory --dry-run': 'only say what that would be',
  }).action((module: string, flags: ChangingFlags) => start(cli, module, 'run', flags));
