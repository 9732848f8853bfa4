import { Option, type Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { steering, type SteeringFlags } from '../command.js';
import { phases, policies } from '../../routes/phase.js';

/** Where one goes back to. */
const earlier = phases.filter((phase) => policies[phase].isWayBack);

/** `rollback <module> [--to <phase>]`: back, with every write made on the other side. */
export const rollback = (program: Command, cli: Cli): Command =>
  steering(program, 'rollback <module>', 'go back to monolith, with every write made on the other side', {
    'rollback parcels': 'all the way',
    'rollback parcels --to shadow': 'all keys back, and the copy stays in step',
  })
    .addOption(new Option('--to <phase>', 'an earlier phase to stop at').choices(earlier))
    .action((module: string, flags: SteeringFlags & { to?: string }) =>
      start(cli, module, 'rollback', flags),
    );
