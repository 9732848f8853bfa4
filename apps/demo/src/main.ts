import { Closing, EmbeddedError, environment, StartError } from '#platform';
import { SampleError } from '#sample';
import { stopOnSignal } from '../../replay/src/stop.js';
import { faultsOf } from './account.js';
import { accountText } from './account-text.js';
import { AdminError } from './admin-client.js';
import { Demo } from './demo.js';
import { Fleet } from './fleet.js';
import { readOptions, type DemoOptions } from './options.js';
import { OrderBook } from './order-book.js';
import { makeSetup, type DemoSetup } from './setup.js';
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
  { only, rate }: DemoOptions,
  setup: DemoSetup,
  screen: Screen,
  closing: Closing,
  stop: AbortSignal,
): Promise<number> {
  const death = new AbortController();
  const fleet = new Fleet(setup, (obituary) => death.abort(obituary), stop);
  const parts = { setup, fleet, book: new OrderBook(), rate, closing };
  const demo = new Demo(tourOf(only), parts, screen, AbortSignal.any([stop, death.signal]));
  const end = (text: string, code: number): number => {
    screen.clear();
    screen.print(`\n${text}`);
    return code;
  };
  try {
    const account = await demo.run();
    if (account) return end(accountText(account), faultsOf(account).length > 0 ? 1 : 0);
  } catch (error) {
    // What fails because a program died, or was told to end, is not the news.
    if (!stop.aborted && !death.signal.aborted) {
      return end(`${sentenceFor(error)}\nBy then: ${demo.standing}.`, 1);
    }
  }
  if (death.signal.aborted) return end(`${String(death.signal.reason)}\nBy then: ${demo.standing}.`, 1);
  return end(`Interrupted: ${demo.standing}. Ending the shop.`, 130);
}

function sentenceFor(error: unknown): string {
  const expected = [StartError, EmbeddedError, WalkError, AdminError, SampleError].some(
    (kind) => error instanceof kind,
  );
  const { message, stack = message } = error as Error;
  return expected ? message : stack;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${sentenceFor(error)}\n`);
  return 1;
});
