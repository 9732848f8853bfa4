import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { looking, type LookingFlags } from '../command.js';
import { mismatchLines } from '../text/lists.js';

/** `mismatches <module>`: shadow reads whose answers differed. */
export const mismatches = (program: Command, cli: Cli): Command =>
  looking(program, 'mismatches <module>', 'the shadow reads whose two answers differed, field by field', {
    'mismatches inventory': 'the newest of them',
  }).action(async (module: string, { json }: LookingFlags) => {
    const entries = await cli.client.mismatches(module);
    if (json) cli.out.json({ items: entries });
    else cli.out.print(mismatchLines(entries));
  });
