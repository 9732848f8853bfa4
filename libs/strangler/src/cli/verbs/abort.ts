import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { beginning, type BeginningFlags } from '../command.js';

/** `abort <module>`: takes the step under way back. */
export const abort = (program: Command, cli: Cli): Command =>
  beginning(program, 'abort <module>', 'take the step that is under way back', {
    'abort parcels': 'the module is where it was before the step',
    'abort /reports': 'a route of the edge stays at its share',
  }).action((module: string, flags: BeginningFlags) => start(cli, module, 'abort', flags));
