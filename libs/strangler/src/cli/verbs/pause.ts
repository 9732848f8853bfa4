import type { Command } from 'commander';
import { act } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, type ChangingFlags } from '../command.js';

/** `pause <module>`: no further step. */
export const pause = (program: Command, cli: Cli): Command =>
  changing(program, 'pause <module>', 'begin no further step; what is copied stays in step', {
    'pause parcels': 'until "resume"',
  }).action((module: string, flags: ChangingFlags) => act(cli, module, 'pause', flags));
