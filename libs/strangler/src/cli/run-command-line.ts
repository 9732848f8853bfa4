import { CommanderError } from 'commander';
import type { Cli } from './cli.js';
import { StartError } from '../operate/health/start-error.js';
import { Failure } from './failure.js';
import { makeProgram } from './program.js';

/**
 * Does what the arguments say. Resolves with the exit code; an error is said, and never thrown.
 *
 * @example
 * ```ts
 * const { argv, env } = globalThis.process;
 * globalThis.process.exitCode = await runCommandLine(argv.slice(2), new Cli(installed, globalThis.process, env));
 * ```
 */
export async function runCommandLine(args: readonly string[], cli: Cli): Promise<number> {
  try {
    await makeProgram(cli, isJson(args)).parseAsync(args, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return complain(error, cli, isJson(args));
  }
}

const isJson = (args: readonly string[]): boolean => args.includes('--json');

/** One sentence on stderr, or one JSON document, and the exit code. Commander has said its own sentences already. */
function complain(error: unknown, { aside }: Cli, json: boolean): number {
  const exitCode = exitCodeOf(error);
  if (error instanceof CommanderError && (exitCode === 0 || !json)) return exitCode;
  const expected = [Failure, StartError, CommanderError].some((kind) => error instanceof kind);
  const { message, stack = message } = error as Error;
  if (json) aside.jsonLine({ error: { message: message.replace(/^error: /, ''), exitCode } });
  else aside.stream.write(`${expected ? message : stack}\n`);
  return exitCode;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof Failure ? error.exitCode : 1;
}
