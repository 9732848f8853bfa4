import { environment, SettingsError, StartError } from '#platform';
import {
  Courier,
  findShop,
  readSample,
  readSamplePassword,
  replay,
  SampleError,
  samplePasswordFile,
  Sessions,
  ShopClient,
  stopOnSignal,
  Tally,
} from '#sample';
import { accountFor, exitCodeFor, type ReplayAccount } from './account.js';
import { accountText } from './account-text.js';
import { readOptions, type ReplayOptions } from './options.js';
import { showProgress } from './progress.js';
import { waitUntilReady } from './wait-ready.js';

/** Replays the sample and draws up the account, also when it is stopped on the way. */
async function run(options: ReplayOptions, stop: AbortSignal): Promise<ReplayAccount> {
  const passwordFile = samplePasswordFile(options.dataDir);
  await waitUntilReady(options.url, stop, (line) => process.stderr.write(`${line}\n`));
  const kept = await readSamplePassword(options.dataDir);
  if (!kept) throw new StartError(missing(passwordFile));
  const { invoices, report } = await readSample();
  const due = invoices.slice(0, options.limit);
  const tally = new Tally();
  const client = new ShopClient(options.url);
  const sessions = new Sessions(client, kept.password, (answer) => tally.answered(answer));
  await findShop(sessions, due[0]?.user.email ?? '', options.url, passwordFile);
  const begun = performance.now();
  const endProgress = showProgress(tally, due.length, process.stderr);
  const courier = new Courier(client, sessions, tally, { ...options, stop });
  await replay(due, courier, tally, { ...options, stop }).finally(endProgress);
  const seconds = (performance.now() - begun) / 1_000;
  return accountFor(tally, report, {
    run: options.run,
    url: options.url,
    interrupted: stop.aborted,
    seconds,
  });
}

const missing = (file: string): string =>
  `${file} is not there: the shop writes it when it loads the sample. Start it with "npm start"; ` +
  `if its data folder is another one, name that in DATA_DIR`;

async function main(): Promise<number> {
  const options = readOptions(process.argv, environment());
  const account = await run(options, stopOnSignal());
  process.stdout.write(options.json ? `${JSON.stringify(account, null, 2)}\n` : accountText(account));
  return exitCodeFor(account);
}

function complain(error: unknown): number {
  const expected = [StartError, SettingsError, SampleError].some((kind) => error instanceof kind);
  const { message, stack = message } = error as Error;
  process.stderr.write(`${expected ? message : stack}\n`);
  return 1;
}

process.exitCode = await main().catch(complain);
