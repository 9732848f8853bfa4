import { portSetting, textSetting, type Environment } from '#platform';
import { Command, InvalidArgumentError, Option } from 'commander';
import { randomBytes } from 'node:crypto';

/** What the command line asks for. */
export interface ReplayOptions {
  /** The first so many sales only. */
  limit: number;
  /** Orders a second. */
  rate: number;
  /** Orders on their way at once. */
  concurrency: number;
  url: string;
  /** Part of every Idempotency-Key: the same run sends the same orders again, and the shop answers them as it did. */
  run: string;
  /** How long one order is tried again, in ms. */
  patienceMs: number;
  /** The folder in which the shop keeps the password of the sample customers. */
  dataDir: string;
  json: boolean;
}

/** Reads the command line. Ends the process on `--help` and on a wrong option. @throws {SettingsError} */
export function readOptions(argv: readonly string[], env: Environment): ReplayOptions {
  const port = portSetting(env, 'PORT', 3000);
  const command = new Command('npm run replay --')
    .description(
      'Sends the sample invoices to a running shop as orders, in their order, and accounts for each.',
    )
    .addOption(
      new Option('--limit <n>', 'only the first n sales').argParser(wholeNumber).default(Infinity, 'all'),
    )
    .addOption(
      new Option('--rate <r>', 'orders a second').argParser(positive).default(Infinity, 'as many as go'),
    )
    .option('--concurrency <c>', 'orders on their way at once', wholeNumber, 4)
    .option('--url <url>', 'where the shop is', shopUrl, `http://localhost:${port}`)
    .option(
      '--run <name>',
      'continue the run of that name: orders are not doubled (default: a new one)',
      runName,
    )
    .option('--patience <s>', 'seconds for which an order is tried again', positive, 60)
    .option('--json', 'print the account as JSON', false)
    .addHelpText('after', '\nSetting: DATA_DIR, the data folder of the shop (.data).\n' + endings)
    .parse(argv);
  const { patience, run = randomBytes(4).toString('hex'), ...rest } = command.opts<Flags>();
  return { ...rest, run, patienceMs: patience * 1_000, dataDir: textSetting(env, 'DATA_DIR') ?? '.data' };
}

type Flags = Omit<ReplayOptions, 'patienceMs' | 'dataDir' | 'run'> & { patience: number; run?: string };

const endings = `
Exit code: 0 when every order that was sent was placed, waits for its payment, or was
refused for lack of stock or payment; 1 when one failed; 130 when interrupted. Ctrl-C
waits for the orders on their way, a second one does not.`;

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number from 1 is expected.');
}

function positive(text: string): number {
  const number = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError('A number above 0 is expected.');
}

function shopUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text.replace(/\/+$/, '');
  throw new InvalidArgumentError('A URL that begins with http:// or https:// is expected.');
}

function runName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Up to 64 letters, digits, dots and dashes are expected.');
}
