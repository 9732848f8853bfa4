import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packInto, runIn } from './support/packed.js';

/* The tarball of the embedded servers, installed into an application that knows nothing of us, ESM or CommonJS. */
jest.setTimeout(300_000);
let app: string;
beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'servers-'));
  await writeFile(join(app, 'package.json'), '{ "private": true }');
  const { tarball, files } = await packInto(app, 'nestjs-strangler-embedded-servers');
  expect(files).toEqual(expect.arrayContaining(['dist/index.d.ts', 'dist/keeper.js', 'LICENSE']));
  expect(files.filter((file) => file.includes('.spec.'))).toEqual([]);
  // With the scripts of others: one of them links the libraries of PostgreSQL.
  await runIn(app)('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball]);
});
afterAll(() => rm(app, { recursive: true }));

const use = `
  const lease = await acquireEmbedded({ dataDir: 'data' });
  const client = new pg.Client(await lease.need('postgres') + '/postgres');
  await client.connect();
  const { rows } = await client.query('select 6 * 7 as answer');
  await client.end();
  await lease.release();
  console.log(JSON.stringify(rows));`;
const esm = `import { acquireEmbedded } from 'nestjs-strangler-embedded-servers'; import pg from 'pg'; ${use}`;
const commonJs = `const { acquireEmbedded } = require('nestjs-strangler-embedded-servers'); const pg = require('pg');
  void (async () => {${use}})();`;

it.each([
  ['ESM', 'app.mjs', esm],
  ['CommonJS', 'app.cjs', commonJs],
])('%s has a PostgreSQL, and leaves no process', async (_kind, file, source) => {
  await writeFile(join(app, file), source);
  expect((await runIn(app)('node', [file])).stdout).toBe('[{"answer":42}]\n');
  const left = await runIn(app)('pgrep', ['-fl', join(app, 'data')]).catch(() => ({ stdout: '' }));
  expect(left.stdout).toBe('');
});
