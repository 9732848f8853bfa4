import { runningProcesses } from '#embedded-servers/processes';
import { readdir, rm } from 'node:fs/promises';
import { Random } from '../hazards/support/random.js';
import { startProgram, type Program } from '../support/programs.js';
import { until } from '../support/until.js';

/* All that a shop stands on fails, one or two at a time, while customers order and an operator moves modules; what is false in the end is said. */

const minutes = 5;
/** On a machine that others load, too, each recovery takes as long as it takes. */
const longestMs = 60 * 60_000;

const { seed } = Random.ofNow();
const chaos = (...words: string[]): Program =>
  startProgram('test/chaos/main.js', [...words, '--seed', String(seed)], {});

/** What is left of a run goes. */
async function leftOf(program: Program): Promise<string> {
  const [, folder = ''] = await program.printed(/What is left of it: (\S+)/);
  return folder;
}

it(
  `after ${minutes} minutes of chaos the account is true (seed ${seed})`,
  async () => {
    const run = chaos('--minutes', String(minutes));
    const code = await run.ended();
    process.stdout.write(run.output());
    expect({ code, said: code === 0 ? '' : run.output() }).toEqual({ code: 0, said: '' });
    expect(run.output()).toContain('the account is true');
    await rm(await leftOf(run), { recursive: true });
  },
  longestMs,
);

it(
  'told to stop in the middle, it ends all that it has started, and leaves its timeline alone',
  async () => {
    const run = chaos('--minutes', '1');
    const [, url = ''] = await until(
      'the shop is open',
      () => /open at (http\S+),/.exec(run.output()) ?? undefined,
      longestMs,
    );
    expect(await run.end('SIGINT')).toBe(130);
    const folder = await leftOf(run);
    const { pathname } = new URL(`file://${folder}`);
    const left = (await runningProcesses()).filter(({ command }) => command.includes(pathname));
    expect(left).toEqual([]);
    await expect(fetch(url)).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['timeline.txt']);
    await rm(folder, { recursive: true });
  },
  longestMs,
);

it.each([
  [['--minutes', '0'], 'A number above 0 is expected, 1440 at most.'],
  [['--minutes', 'ten'], 'A number above 0 is expected, 1440 at most.'],
  [['--rate', '-1'], 'A number above 0 is expected, 100 at most.'],
  [['now'], 'too many arguments'],
])('%p is refused: %s', async (words, why) => {
  const run = startProgram('test/chaos/main.js', words, {});
  expect(await run.ended()).toBe(1);
  expect(run.output()).toContain(why);
});
