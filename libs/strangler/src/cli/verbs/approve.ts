import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { beginning, type BeginningFlags } from '../command.js';

/** `approve <module>`: lets the step begin that waits for a person (`approve:` in strangler.yaml). */
export const approve = (program: Command, cli: Cli): Command =>
  beginning(program, 'approve <module>', 'let the step begin that waits for a person’s approval', {
    'approve parcels': 'where strangler.yaml says approve: [100], before the last keys go',
    'approve parcels --wait': 'and wait until they are there',
    'approve /reports': 'of a route of the edge, which asks for it as modules do',
  }).action((module: string, flags: BeginningFlags) => start(cli, module, 'approve', flags));
