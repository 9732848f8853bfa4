import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/* What a command of package.json does first: a build that is not needed costs a second, and its words stand in other words. */
const program = join(__dirname, '../../tools/build-if-changed.mjs');
const build = `node -e "console.log('compiled'); const fs = require('fs'); fs.appendFileSync('builds', 'x'); for (const name of ['embedded-servers', 'strangler']) fs.mkdirSync('libs/' + name + '/dist', { recursive: true })"`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'build-'));
  for (const name of ['apps', 'bench', 'docs', 'examples', 'libs', 'migrations', 'test', 'tools'])
    await mkdir(join(folder, name));
  for (const name of ['embedded-servers', 'strangler']) await mkdir(join(folder, 'libs', name));
  await writeFile(join(folder, '.swcrc'), '{}');
  await writeFile(join(folder, 'libs/a.ts'), 'export const a = 1;');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { build } }));
});
afterAll(() => rm(folder, { recursive: true }));

const run = () => promisify(execFile)(process.execPath, [program], { cwd: folder });
const builds = async () => (await readFile(join(folder, 'builds'), 'utf8')).length;

it('builds what has changed since the last time, and nothing else, without a word', async () => {
  expect(await run()).toEqual({ stdout: '', stderr: '' });
  expect(await run()).toEqual({ stdout: '', stderr: '' });
  expect(await builds()).toBe(1);
  // Later than any start of a program here.
  const later = new Date(Date.now() + 3_600_000);
  await utimes(join(folder, 'libs/a.ts'), later, later);
  await run();
  expect(await builds()).toBe(2);
});

it('a build that fails is told, and tried again', async () => {
  const broken = { scripts: { build: `node -e "console.log('a.ts: wrong'); process.exit(3)"` } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(broken));
  await expect(run()).rejects.toMatchObject({ code: 3, stderr: expect.stringContaining('a.ts: wrong') });
  await expect(run()).rejects.toMatchObject({ code: 3 });
});
