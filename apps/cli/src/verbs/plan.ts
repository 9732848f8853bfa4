import type { Command } from 'commander';
import { act } from '../act.js';
import type { Cli } from '../cli.js';
import { looking, type LookingFlags } from '../command.js';

/** `plan <module>`: what `run` would do from here. */
export const plan = (program: Command, cli: Cli): Command =>
  looking(program, 'plan <module>', 'say what "run" would do from here, and what stands in its way', {
    'plan inventory': 'the steps that are left',
  }).action((module: string, flags: LookingFlags) => act(cli, module, 'run', { ...flags, dryRun: true }));
