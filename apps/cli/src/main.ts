#!/usr/bin/env node
import { SettingsError, StartError } from '#platform';
import { CommanderError } from 'commander';
import { Cli } from './cli.js';
import { Failure } from './failure.js';
import { makeProgram } from './program.js';

async function main(): Promise<number> {
  const cli = new Cli();
  await makeProgram(cli).parseAsync(process.argv);
  return cli.exitCode;
}

/** One sentence on stderr, and the exit code. Commander has said its own already. */
function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const expected = [Failure, SettingsError, StartError].some((kind) => error instanceof kind);
  const { message, stack = message } = error as Error;
  process.stderr.write(`${expected ? message : stack}\n`);
  if (error instanceof SettingsError) return 2;
  return error instanceof Failure ? error.exitCode : 1;
}

// `strangler history | head` has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await main().catch(complain);
