import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { steering, wholeNumber, type SteeringFlags } from '../command.js';

/** `shift <module> <percent>`: moves the border. */
export const shift = (program: Command, cli: Cli): Command =>
  steering(program, 'shift <module>', 'let the extracted side own so many per cent of the keys', {
    'shift parcels 25': 'a quarter of the keys, with their rows and writes',
    'shift parcels 0': 'all of them back',
    'shift /reports 25': 'a quarter of the readers of a route of the edge',
  })
    .argument('<percent>', '0 to 100', wholeNumber(0, 100))
    .action((module: string, percent: number, flags: SteeringFlags) =>
      start(cli, module, 'shift', { ...flags, percent }),
    );
