import { stopOnSignal } from '#sample';
import { sides } from '#strangler/routes/phase';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chaos } from './chaos.js';
import { makeChaosShop, type Opened } from './chaos-shop.js';
import { diskOf, disksBefore } from './disks.js';
import { describe } from './faults/failing-of.js';
import { readOptions, type ChaosOptions } from './options.js';
import { planOf, type Plan } from './plan.js';
import { Timeline } from './timeline.js';

/** Set for the run itself, which its parent has given disks: its folder, and whether there are some. */
const folderVariable = 'CHAOS_FOLDER';
const disksVariable = 'CHAOS_DISKS';

/** Nothing is waited for longer, in ms. */
const patienceMs = 1_200_000;

const timelineName = 'timeline.txt';

async function main(): Promise<number> {
  const options = readOptions(process.argv);
  const folder = process.env[folderVariable];
  if (options.plan) return printPlan(options);
  return folder === undefined ? runWithDisks(options) : run(options, folder);
}

/** Starts the run once more, with disks of its own where that can be, and waits for it: only it may mount them. */
async function runWithDisks({ seed }: ChaosOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), `chaos-${seed}-`));
  const before = disksBefore(folder);
  const [program = '', ...words] = [...(before ?? []), process.execPath, ...process.argv.slice(1)];
  const env = {
    ...process.env,
    [folderVariable]: folder,
    [disksVariable]: before ? 'on' : 'off',
    // Not beside what the user's own shops have had confirmed.
    XDG_STATE_HOME: join(folder, 'state'),
    // Whatever is waited for: a machine that is slow makes nothing false.
    UNTIL_MS: String(patienceMs),
  };
  // It ends when this channel closes, however we end.
  const child = spawn(program, [...words, ...(words.includes('--seed') ? [] : ['--seed', String(seed)])], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (before) for (const side of sides) await rm(diskOf(folder, side), { recursive: true });
  return code ?? 1;
}

async function run(options: ChaosOptions, folder: string): Promise<number> {
  const { seed, minutes, rate } = options;
  const stop = stopOnSignal();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
  const disks = process.env[disksVariable] === 'on';
  const { tell } = new Timeline(join(folder, timelineName), (line) => process.stdout.write(`${line}\n`));
  const again = `npm run chaos -- --minutes ${minutes} --seed ${seed}`;
  tell(`seed ${seed}, ${minutes} minutes; once more with: ${again}`);
  if (!disks) tell('no disk can be mounted here: none becomes full');
  const plan = planOf({ seed, minutes, without: disks ? [] : ['disk full'] });
  const opened = await makeChaosShop(folder, disks);
  const chaos = new Chaos({ plan, seed, rate, opened, folder, tell, stop });
  const ended = await Promise.race([chaos.run().catch((error: unknown) => error as Error), aborted(stop)]);
  const end = ending(ended, again);
  tell(end.text);
  if (end.code === 1 || options.keep) await writeLogs(opened, chaos, folder);
  await chaos.close();
  await opened.shop.close();
  await empty(folder);
  process.stdout.write(`What is left of it: ${folder}\n`);
  return end.code;
}

const interrupted = Symbol('interrupted');

const aborted = (stop: AbortSignal): Promise<typeof interrupted> =>
  new Promise((resolve) => stop.addEventListener('abort', () => resolve(interrupted)));

function ending(
  ended: Awaited<ReturnType<Chaos['run']>> | Error | typeof interrupted,
  again: string,
): { text: string; code: number } {
  if (ended === interrupted) return { text: 'interrupted: ending what was started', code: 130 };
  if (ended instanceof Error) return { text: `FALSE: ${ended.stack}\nonce more with: ${again}`, code: 1 };
  const { text, faults } = ended;
  if (faults.length === 0) return { text: `the account is true\n${text}`, code: 0 };
  const sentences = faults.map((fault) => `- ${fault}`).join('\n');
  return { text: `the account is FALSE\n${text}\n${sentences}\nonce more with: ${again}`, code: 1 };
}

/** What the programs have printed, and what customers were told. */
async function writeLogs({ shop }: Opened, { load }: Chaos, folder: string): Promise<void> {
  const logs = new Map<string, string>();
  for (const { name, program } of shop.programs)
    logs.set(name, `${logs.get(name) ?? ''}${program.output()}\n`);
  for (const [name, log] of logs) await writeFile(join(folder, `${name.replace(' ', '-')}.log`), log);
  for (const side of sides) await copyFile(shop.servers[side].log, join(folder, `postgres-${side}.log`));
  const events = load?.history.events.map((event) => JSON.stringify(event)) ?? [];
  await writeFile(join(folder, 'customers.jsonl'), events.join('\n'));
}

/** Timeline and logs stay. */
async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    // Disks go with this process.
    if (!/\.(txt|log|jsonl)$/.test(name))
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
}

function printPlan({ seed, minutes }: ChaosOptions): number {
  process.stdout.write(`${planText(planOf({ seed, minutes }))}\n`);
  return 0;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1).padStart(7)} s`;

function planText({ rounds }: Plan): string {
  const lines = rounds.flatMap((round) => {
    if ('restore' in round) {
      const { side, at, ageMs } = round.restore;
      const age = (ageMs / 1_000).toFixed(1);
      return [
        `${seconds(round.atMs)}  the databases of ${side} are put back by ${age} s, with all modules at ${at}`,
      ];
    }
    return round.faults.map(
      ({ fault, afterMs, lastsMs }) =>
        `${seconds(round.atMs + afterMs)}  ${describe(fault)}, for ${(lastsMs / 1_000).toFixed(1)} s`,
    );
  });
  return lines.join('\n');
}

process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`${(error as Error).stack}\n`);
    return 1;
  }),
);
