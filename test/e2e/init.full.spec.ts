import { assessFolder } from 'nestjs-strangler/cli';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseFile } from '../../libs/strangler/src/control/config/wishes.js';
import { emptyDatabase, type TestDatabase } from '../support/postgres.js';
import { runCli } from '../support/run-cli.js';
import { until } from '../support/until.js';
import { installedApp, type InstalledApp } from './support/installed-app.js';

/*
 * An application that knows nothing of the toolkit installs the package and has `init` bring it in: it compiles, starts as before, and its
 * services' entry says what can be served. From its database `generate` makes the schema of each of its modules.
 */
const minutes = 60_000;
let app: InstalledApp;
let database: TestDatabase;
let said: string;

beforeAll(async () => {
  app = await installedApp(['@nestjs/microservices@^11']);
  const { code, stdout, stderr } = await runCli(['init', app.folder], {});
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  said = stdout;
  database = await emptyDatabase();
  await writeFile(join(app.folder, 'migrate.js'), migrates);
  await app.run('node', ['migrate.js'], { DATABASE_URL: database.url });
  await app.run('npm', ['run', 'migration:run'], { DATABASE_URL: database.url });
}, 10 * minutes);
afterAll(async () => {
  await database.drop();
  await app.drop();
});

/** As README.md of the package has it. */
const migrates = `
const { migrate } = require('nestjs-strangler/migrate');
const { Client } = require('pg');
const client = new Client({ connectionString: process.env.DATABASE_URL });
client.connect().then(() => migrate(client)).then(() => client.end());
`;

it(
  'compiles, starts without a warning, and says which modules a service can be',
  async () => {
    expect(said).not.toContain('install what is missing');
    const compiled = await app.run('npx', ['tsc', '--noEmit']).catch((error: unknown) => error);
    expect(compiled).toMatchObject({ stdout: '' });
    await app.run('npm', ['run', 'build']);
    const output = await startOf('dist/main.js', /Listening on port/, {
      ...{ DATABASE_URL: database.url, PORT: '0', JWT_SECRET: 'a-secret-of-thirty-characters' },
    });
    expect(output).not.toMatch(/WARN|ERROR|strangler\.yaml/);
    const service = await startOf('dist/service.js', /expected one of/, { MODULE: 'nothing' });
    expect(service).toContain('MODULE=nothing: expected one of appointments, notifications, patients');
  },
  5 * minutes,
);

it('strangler.yaml is understood by who reads it', async () => {
  const text = await readFile(join(app.folder, 'strangler.yaml'), 'utf8');
  expect(parseFile(text, []).modules.size).toBe(0);
});

it(
  'generate makes the tables of each module, and the same again of what it made',
  async () => {
    const modules = assessFolder(app.folder).modules.filter(({ tables }) => tables.length > 0);
    expect(modules.length).toBeGreaterThan(5);
    for (const { name, tables } of modules) {
      const made = async (url: string) => {
        const args = ['generate', name, '--app', app.folder, '--json', '--database-url', url];
        const { code, stdout, stderr } = await runCli(args, {});
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        return JSON.parse(stdout) as { tables: string[]; sql: string };
      };
      const first = await made(database.url);
      expect(first.tables).toEqual(tables.map((table) => `public.${table.name}`).sort());
      const service = await emptyDatabase();
      await service.query(first.sql);
      expect((await made(service.url)).sql).toBe(first.sql);
      await service.drop();
    }
  },
  5 * minutes,
);

/** Starts a program of the application in its folder, ends it once it has said that, and resolves with all that it said. */
async function startOf(entry: string, line: RegExp, env: Record<string, string>): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [entry], { cwd: app.folder, env: { PATH, HOME, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    await until(`${entry} says ${line}`, () => {
      if (child.exitCode !== null && !line.test(output)) throw new Error(`${entry} ended: ${output}`);
      return line.test(output) || undefined;
    });
  } finally {
    child.kill();
    await ended;
  }
  return output;
}
