import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';

/*
 * Nest's own command line builds and starts the apps (`npx nest build monolith`, `npx nest start extracted`). Into a folder beside `dist`,
 * from which others are running.
 */
const folder = '.data/test/nest';
const nest = (...words: string[]) =>
  spawnSync('node_modules/.bin/nest', [...words], { encoding: 'utf8', env: { ...process.env, CI: 'true' } });

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  const compilerOptions = { rootDir: '../../..', outDir: '.' };
  await writeFile(
    `${folder}/tsconfig.json`,
    JSON.stringify({ extends: '../../../tsconfig.json', compilerOptions }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

it('nest build compiles an app to where npm start has it', () => {
  const { status, stderr } = nest('build', 'monolith', '--path', `${folder}/tsconfig.json`);
  expect([status, stderr]).toEqual([0, '']);
  expect(existsSync(`${folder}/apps/monolith/src/main.js`)).toBe(true);
});

it('nest start starts one, which says what it needs', () => {
  const start = (...words: string[]) =>
    nest('start', 'extracted', '--path', `${folder}/tsconfig.json`, '--', ...words);
  expect(start('--help').stdout).toContain('Serves one module from its own database');
  const { status, stderr } = start('shipping');
  expect([status, stderr]).toEqual([1, expect.stringContaining('there is no module "shipping"')]);
});
