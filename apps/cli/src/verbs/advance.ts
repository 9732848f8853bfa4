import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, type ChangingFlags } from '../command.js';

/** `advance <module>`: one phase on. */
export const advance = (program: Command, cli: Cli): Command =>
  changing(program, 'advance <module>', 'go one phase on, if the gates let it', {
    'advance inventory': 'from monolith to dual-write, from there to shadow, …',
  }).action((module: string, flags: ChangingFlags) => start(cli, module, 'advance', flags));
