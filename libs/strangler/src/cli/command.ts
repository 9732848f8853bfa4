import { InvalidArgumentError, type Command } from 'commander';
import { Misuse } from './failure.js';

/**
 * A verb that only looks. `examples` are command lines without the program's name, each with what it does.
 *
 * @internal
 */
export function looking(
  program: Command,
  nameAndArguments: string,
  description: string,
  examples: Readonly<Record<string, string>>,
): Command {
  const rows = Object.entries(examples);
  const width = Math.max(...rows.map(([example]) => example.length));
  const lines = rows.map(([example, does]) => `  ${fullName(program)} ${example.padEnd(width)}  # ${does}`);
  return program
    .command(nameAndArguments)
    .description(description)
    .option('--json', 'print JSON and nothing else')
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** With what it stands under: `strangler events`. */
const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();

/** A verb that changes something. */
export const changing = (...how: Parameters<typeof looking>): Command =>
  looking(...how).option('--dry-run', 'say what would be done, and do nothing');

/** A verb that begins something which goes on after it was answered. */
export const beginning = (...how: Parameters<typeof looking>): Command =>
  waiting(changing(...how).option('--wait', 'until it is done; exit code 1 when it is not, or not in time'));

/** A verb that moves a module: one that stands in strangler.yaml is steered there. */
export const steering = (...how: Parameters<typeof looking>): Command =>
  beginning(...how).option('--write', 'change the line of strangler.yaml that steers the module');

/** How long a verb that waits does so. */
export const waiting = (command: Command): Command =>
  command.option('--timeout <s>', 'seconds that --wait takes at most', wholeNumber(1, 86_400), 600);

/**
 * What every verb has.
 *
 * @internal
 */
export interface LookingFlags {
  json?: true;
}

export interface ChangingFlags extends LookingFlags {
  dryRun?: true;
}

/** What a verb has that begins something. */
export interface BeginningFlags extends ChangingFlags {
  wait?: boolean;
  /** In seconds. */
  timeout: number;
}

export interface SteeringFlags extends BeginningFlags {
  write?: true;
}

/**
 * Parses a whole number for commander.
 *
 * @internal
 */
export const wholeNumber =
  (from: number, to: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d{1,12}$/.test(text) && number >= from && number <= to) return number;
    throw new InvalidArgumentError(`A whole number from ${from} to ${to} is expected.`);
  };

/** An id that was given; `whose`: of what, and where such ids are found. @throws {Misuse} */
export function uuidIn(text: string, whose: string): string {
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text)) return text;
  throw new Misuse(`${text} is no id of ${whose}`);
}

/** Collects whole numbers for commander: an option that may be given several values. */
export const wholeNumbers = (text: string, before: number[] | undefined): number[] => [
  ...(before ?? []),
  wholeNumber(1, Number.MAX_SAFE_INTEGER)(text),
];
