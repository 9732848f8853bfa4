import { StartError } from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import { EmbeddedError } from 'nestjs-strangler-embedded-servers';
import { environment, noteReads } from './environment.js';
import { misspeltInWords } from './misspelt.js';
import { readConfig, type Config } from './read-config.js';
import { SettingsError, type Environment } from './settings.js';

/** What a program started; closed in reverse when it ends, and when a later start fails. */
export class Closing {
  private readonly closers: (() => Promise<unknown>)[] = [];

  private announce: () => void = () => undefined;

  /** Called when the end begins, before anything is closed. */
  onBegin(announce: () => void): void {
    this.announce = announce;
  }

  /** Remembers how to end something that has just begun. */
  add(close: () => Promise<unknown>): void {
    this.closers.push(close);
  }

  /** Ends everything, last begun first, even if one of them fails. */
  async closeAll(): Promise<void> {
    this.announce();
    for (const close of this.closers.splice(0).reverse()) {
      await close().catch((error: unknown) => process.stderr.write(`while ending: ${String(error)}\n`));
    }
  }
}

/** A program as its user calls it. */
export interface Program<S extends object> {
  /** What `--help` prints. */
  usage: string;
  /** Whether it takes arguments; else one is an error: settings stand in the environment. */
  takesArguments?: boolean;
  /** Reads its settings. @throws {SettingsError} naming the first wrong one. */
  settings: (env: Environment, args: readonly string[]) => S;
}

/**
 * Runs a server program: starts it, ends all of it on Ctrl-C or SIGTERM. A start that fails leaves nothing half-started:
 * one sentence on stderr, exit code 1. It says what is probably misspelt in the environment, once the program has read what it wants of it.
 */
export async function runServer<S extends object>(
  { usage, takesArguments, settings }: Program<S>,
  start: (config: Config<S>, closing: Closing) => Promise<void>,
): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(`${usage}\n`);
  const { env, misspelt } = noteReads(environment());
  const closing = new Closing();
  let ending = false;
  const end = (code: number) => {
    if (ending) return;
    ending = true;
    void closing.closeAll().then(() => process.exit(code));
  };
  process.on('SIGINT', () => end(0));
  process.on('SIGTERM', () => end(0));
  try {
    if (args.length > 0 && !takesArguments)
      throw new SettingsError(`${args.join(' ')}: it takes no arguments; see --help`);
    await start(await readConfig(env, (given) => settings(given, args)), closing);
    const logger = new Logger('settings');
    for (const each of misspelt()) logger.warn(misspeltInWords(each));
  } catch (error) {
    if (!ending)
      process.stderr.write([sentenceFor(error), ...misspelt().map(misspeltInWords), ''].join('\n'));
    end(1);
  }
}

function sentenceFor(error: unknown): string {
  const expected = [SettingsError, StartError, EmbeddedError].some((kind) => error instanceof kind);
  if (expected) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
