import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { startNats } from '../support/nats.js';
import { emptyDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram } from '../support/programs.js';

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
afterAll(async () => {
  endAllPrograms();
  await rm(folder, { recursive: true });
});

it('nest build compiles an app, and the libraries that it stands on, to where npm start has them', () => {
  const built = nest('build', 'monolith', '--path', `${folder}/tsconfig.json`);
  expect(built).toMatchObject({ status: 0 });
  for (const file of [
    'apps/monolith/src/main',
    'libs/platform/src/index',
    'libs/domain/src/orders/index',
    'migrations/index',
  ])
    expect([file, existsSync(`${folder}/${file}.js`)]).toEqual([file, true]);
  // Packages, which build themselves.
  for (const name of ['embedded-servers', 'strangler'])
    expect([name, existsSync(`${folder}/libs/${name}`)]).toEqual([name, false]);
  const main = [`${folder}/apps/monolith/src/main.js`, '--help'];
  expect(spawnSync(process.execPath, main, { encoding: 'utf8' }).stdout).toContain('Opens the shop');
});

it('nest start starts one, which says what it needs', () => {
  const start = (...words: string[]) =>
    nest('start', 'extracted', '--path', `${folder}/tsconfig.json`, '--', ...words);
  expect(start('--help').stdout).toContain('Serves one module from its own database');
  const { status, stderr } = start('shipping');
  expect([status, stderr]).toEqual([1, expect.stringContaining('there is no module "shipping"')]);
});

// A shell would keep the signal to itself; at a terminal Ctrl-C reaches all.
it('nest start serves a module, and ends with what it has started', async () => {
  const [nats, database] = await Promise.all([startNats(), emptyDatabase()]);
  const service = startProgram(
    resolve('node_modules/@nestjs/cli/bin/nest.js'),
    ['start', 'extracted', '--no-shell', '--path', `${folder}/tsconfig.json`],
    {
      MODULE: 'inventory',
      INVENTORY_DATABASE_URL: database.url,
      NATS_URL: nats.url,
      HEALTH_PORT: '0',
      CI: 'true',
    },
  );
  await service.printed(/inventory is served from its own database/);
  await service.end();
  await Promise.all([nats.stop(), database.drop()]);
});
