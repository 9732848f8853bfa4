import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { beginning, type BeginningFlags } from '../command.js';

/** `rejoin <module>`: a side whose database was put back becomes the copy of the other one. */
export const rejoin = (program: Command, cli: Cli): Command =>
  beginning(
    program,
    'rejoin <module>',
    'let a side whose database was put back become the copy of the other one',
    {
      'rejoin parcels --dry-run': 'which changes and rows are at stake',
      'rejoin parcels --wait': 'do it, and wait for the end',
    },
  ).action((module: string, flags: BeginningFlags) => start(cli, module, 'rejoin', flags));
