import type { Command } from 'commander';
import { act } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, type ChangingFlags } from '../command.js';

/** `resume <module>`: goes on after `pause`. */
export const resume = (program: Command, cli: Cli): Command =>
  changing(program, 'resume <module>', 'go on after "pause"', {
    'resume inventory': 'with the step that was next',
  }).action((module: string, flags: ChangingFlags) => act(cli, module, 'resume', flags));
