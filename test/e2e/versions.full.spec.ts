import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startDebianPostgres } from '../support/debian-postgres.js';

/*
 * What is promised of PostgreSQL and Node is tried with the oldest and the newest: the lane `db` runs on the embedded PostgreSQL 18 in
 * `npm test`, and here on the 15 of Debian; all lanes run on the Node of whoever runs them, and here, of each later one, the rules and a
 * walk of real processes.
 */
const run = promisify(execFile);
const minutes = 60_000;

/** Runs tests as a user does, with that Node and those servers. Answers the closing line. */
async function jest(
  node: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { JEST_WORKER_ID: _, TEST_RUN: __, ...own } = process.env;
  const program = resolve('node_modules/jest/bin/jest.js');
  const how = { env: { ...own, ...env }, maxBuffer: 100_000_000 };
  const { stdout } = await run(node, [program, '--ci', ...args], how).catch((error: unknown) => {
    const { stdout: printed = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${printed.slice(-2_000)}\n${stderr.slice(-20_000)}`);
  });
  return stdout.trim().split('\n').at(-1) ?? '';
}

const allPassed = /^[1-9]\d+ passed, 0 failed$/;

it(
  'PostgreSQL 15: the database lane passes',
  async () => {
    const { superuserUrl, plainUrl, stop } = await startDebianPostgres(15);
    try {
      const urls = { TEST_POSTGRES_URL: plainUrl, TEST_SUPERUSER_URL: superuserUrl };
      expect(await jest(process.execPath, ['--selectProjects', 'db'], urls)).toMatch(allPassed);
    } finally {
      await stop();
    }
  },
  20 * minutes,
);

/** The program of npm's package `node`, which brings the whole of it. */
async function nodeOf(version: number): Promise<string> {
  const folder = resolve(`.data/test/node-${version}`);
  await mkdir(folder, { recursive: true });
  const quiet = ['--no-audit', '--no-fund', '--prefix', folder];
  await run('npm', ['install', ...quiet, `node@${version}`]);
  const node = join(folder, 'node_modules/node/bin/node');
  expect((await run(node, ['--version'])).stdout).toMatch(new RegExp(`^v${version}\\.`));
  return node;
}

describe.each([22, 24])('Node %i', (version) => {
  let node: string;
  beforeAll(async () => (node = await nodeOf(version)), 5 * minutes);

  it(
    'the rules hold',
    async () => {
      expect(await jest(node, ['--selectProjects', 'unit'])).toMatch(allPassed);
    },
    5 * minutes,
  );

  it(
    'a module moves under load, and back',
    async () => {
      const walk = [
        '--selectProjects',
        'process',
        '--runTestsByPath',
        'test/hazards/way-back/walk-under-load.spec.ts',
      ];
      expect(await jest(node, walk)).toMatch(/^[1-9]\d* passed, 0 failed$/);
    },
    10 * minutes,
  );
});
