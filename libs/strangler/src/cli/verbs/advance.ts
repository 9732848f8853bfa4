import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { steering, type SteeringFlags } from '../command.js';

/** `advance <module>`: one phase on. */
export const advance = (program: Command, cli: Cli): Command =>
  steering(program, 'advance <module>', 'go one phase on, past gates that only want more evidence', {
    'advance parcels': 'from monolith to dual-write, from there to shadow, …',
    'advance /reports': 'a route of the edge to the next share of its ramp',
  }).action((module: string, flags: SteeringFlags) => start(cli, module, 'advance', flags));
