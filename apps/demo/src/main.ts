import { Closing, environment, StartError } from '#platform';
import { EmbeddedError } from 'nestjs-strangler-embedded-servers';
import { SampleError, stopOnSignal } from '#sample';
import { Failure } from 'nestjs-strangler/cli';
import { Demo } from './demo.js';
import { Fleet } from './fleet.js';
import { RouteDemo } from './gateway/route-demo.js';
import { readOptions, type DemoOptions } from './options.js';
import { OrderBook } from './order-book.js';
import { makeSetup, type DemoSetup } from './setup.js';
import type { Scene } from './scene.js';
import { Screen } from './screen.js';
import { tourOf } from './tour.js';
import { WalkError } from './walk.js';

/** What programs need of the user's environment. Nothing that names a database, or a broker, of somebody's. */
function bareEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR } = environment();
  return { PATH, HOME, ...(TMPDIR && { TMPDIR }) };
}

async function main(): Promise<number> {
  const options = readOptions(process.argv);
  const stop = stopOnSignal();
  const screen = new Screen(process.stdout, () => process.stdout.columns || 80);
  const setup = await makeSetup(bareEnvironment());
  const closing = new Closing();
  const code = await perform(options, setup, screen, closing, stop);
  await closing.closeAll();
  if (code === 0 && !options.keep) await setup.remove();
  else screen.print(`The databases and logs are left in ${setup.folder}; the next demo empties it.`);
  return code;
}

/** Runs the demo and tells how it ended; resolves with the exit code. */
async function perform(
  options: DemoOptions,
  setup: DemoSetup,
  screen: Screen,
  closing: Closing,
  stop: AbortSignal,
): Promise<number> {
  const death = new AbortController();
  const onDeath = (obituary: string) => death.abort(obituary);
  const ends = AbortSignal.any([stop, death.signal]);
  const scene = sceneOf(options, { setup, closing, onDeath, stop, ends }, screen);
  const end = (text: string, code: number): number => {
    screen.clear();
    screen.print(`\n${text}`);
    return code;
  };
  try {
    const ending = await scene.run();
    if (ending) return end(ending.text, ending.faults.length > 0 ? 1 : 0);
  } catch (error) {
    // What fails because a program died, or was told to end, is not the news.
    if (!stop.aborted && !death.signal.aborted) {
      return end(`${sentenceFor(error)}\nBy then: ${scene.standing}.`, 1);
    }
  }
  if (death.signal.aborted) return end(`${String(death.signal.reason)}\nBy then: ${scene.standing}.`, 1);
  return end(`Interrupted: ${scene.standing}. Ending what was started.`, 130);
}

interface SceneParts {
  setup: DemoSetup;
  closing: Closing;
  onDeath: (obituary: string) => void;
  /** Somebody has had enough; or that, or a program has died. */
  stop: AbortSignal;
  ends: AbortSignal;
}

function sceneOf({ scene, only, rate }: DemoOptions, parts: SceneParts, screen: Screen): Scene {
  const { setup, closing, onDeath, stop, ends } = parts;
  if (scene === 'gateway') return new RouteDemo(rate, { setup, closing, onDeath, stop: ends }, screen);
  const fleet = new Fleet(setup, onDeath, stop);
  return new Demo(tourOf(only), { setup, fleet, book: new OrderBook(), rate, closing }, screen, ends);
}

function sentenceFor(error: unknown): string {
  const expected = [StartError, EmbeddedError, WalkError, Failure, SampleError].some(
    (kind) => error instanceof kind,
  );
  const { message, stack = message } = error as Error;
  return expected ? message : stack;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${sentenceFor(error)}\n`);
  return 1;
});
