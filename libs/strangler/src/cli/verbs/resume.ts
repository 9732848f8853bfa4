import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { beginning, type BeginningFlags } from '../command.js';

/** `resume <module>`: goes on after `pause`. */
export const resume = (program: Command, cli: Cli): Command =>
  beginning(program, 'resume <module>', 'go on after "pause"', {
    'resume parcels': 'with the step that was next',
  }).action((module: string, flags: BeginningFlags) => start(cli, module, 'resume', flags));
