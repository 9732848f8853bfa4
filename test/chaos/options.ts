import { Command, InvalidArgumentError, Option } from 'commander';

/** What the command line asks for. */
export interface ChaosOptions {
  minutes: number;
  seed: number;
  /** Orders a second, about. */
  rate: number;
  /** Only says what would be done. */
  plan: boolean;
  /** Leave logs, also after a good end. */
  keep: boolean;
}

const longest = 24 * 60;
const seeds = 100_000;

/** Reads the command line. Ends the process on `--help` and on a wrong option. */
export function readOptions(argv: readonly string[]): ChaosOptions {
  return new Command('npm run chaos --')
    .description(
      'Lets all that a shop stands on fail, while customers order and modules move, and accounts for each order and event.\n' +
        'Two monoliths, two copies of each service, a PostgreSQL a side, NATS: real processes, killed, stopped, cut off, out of disk, put back.',
    )
    .addOption(new Option('--minutes <m>', 'how long').argParser(minutes).default(10))
    .addOption(
      new Option('--seed <n>', 'with the plan of an earlier run')
        .argParser(seed)
        .default(Date.now() % seeds, 'a new one'),
    )
    .addOption(new Option('--rate <r>', 'orders a second, about').argParser(rate).default(2))
    .option('--plan', 'only say what would be done, and when', false)
    .option('--keep', 'leave the logs, also after a good end', false)
    .addHelpText('after', endings)
    .allowExcessArguments(false)
    .exitOverride(({ exitCode }) => process.exit(exitCode && 2))
    .parse(argv)
    .opts<ChaosOptions>();
}

const endings = `
It needs nothing but this folder: all of it runs on ports that are free and in a temporary folder, and ends with it. The timeline stays there, and what programs and
customers said when something was false.
For full disks it mounts two in memory, where it may (root, or user namespaces); elsewhere that fault is left out, and it says so.
On a slow machine it takes longer: what is planned is done.
Exit code: 0 when the account is true; 1 when something is false, which it says, with the command that runs the same plan again; 2 on
wrong usage; 130 when interrupted.`;

function minutes(text: string): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number > 0 && number <= longest) return number;
  throw new InvalidArgumentError(`A number above 0 is expected, ${longest} at most.`);
}

function seed(text: string): number {
  if (/^\d+$/.test(text) && Number(text) < seeds) return Number(text);
  throw new InvalidArgumentError(`A whole number below ${seeds} is expected.`);
}

function rate(text: string): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number > 0 && number <= 100) return number;
  throw new InvalidArgumentError('A number above 0 is expected, 100 at most.');
}
