import { SettingsError, StartError } from '#platform';
import { CommanderError } from 'commander';
import { Cli } from './cli.js';
import { Failure } from './failure.js';
import { makeProgram } from './program.js';

/** Does what the arguments say. Resolves with the exit code; an error is said, and never thrown. */
export async function runCommandLine(args: readonly string[], cli = new Cli()): Promise<number> {
  try {
    await makeProgram(cli).parseAsync(args, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return complain(error, cli);
  }
}

/** One sentence on stderr, and the exit code. Commander has said its own already. */
function complain(error: unknown, { aside }: Cli): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const expected = [Failure, SettingsError, StartError].some((kind) => error instanceof kind);
  const { message, stack = message } = error as Error;
  aside.stream.write(`${expected ? message : stack}\n`);
  if (error instanceof SettingsError) return 2;
  return error instanceof Failure ? error.exitCode : 1;
}
