import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GeneratedSchema } from '../../generate/generated.js';
import { emptyDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { Cli } from '../cli.js';
import { installed } from '../installed.js';
import { runCommandLine } from '../run-command-line.js';

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'generate-'));
  database = await emptyDatabase();
  await database.query(`
    create table practitioners (id serial primary key);
    create table sessions (id uuid primary key, practitioner int references practitioners);
    create schema clinic; create table clinic.visit (id int primary key)`);
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

async function run(...args: string[]) {
  const texts = { out: '', err: '' };
  const into = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const cli = new Cli(
    installed,
    { stdout: into('out'), stderr: into('err') },
    { DATABASE_URL: database.url },
  );
  return { code: await runCommandLine(['generate', ...args], cli), ...texts };
}

it('stdout has the file and nothing else; stderr says what is left out, and what to run where', async () => {
  const { code, out, err } = await run('sessions', '--tables', 'sessions');
  expect(code).toBe(0);
  expect(out).toMatch(/^-- The tables of sessions, for the database of its service/);
  expect(out).toContain('create table public.sessions (');
  expect(err).toBe(
    'left out: foreign key sessions_practitioner_fkey of public.sessions leads to public.practitioners, which stays; in the monolith:\n' +
      '    alter table public.sessions drop constraint sessions_practitioner_fkey;\n',
  );
  for (const line of err.split('\n'))
    expect(out).toContain(line.trim().replace('left out: foreign key ', ''));
});

it('the tables may be those of the entities that assess finds, or of the schema with the module’s name', async () => {
  const { out } = await run('sessions', '--app', 'examples/nest-app', '--json');
  const { tables, leftOut } = JSON.parse(out) as GeneratedSchema;
  expect(tables).toEqual(['public.sessions']);
  expect(leftOut).toHaveLength(1);
  expect((await run('clinic')).out).toContain('create table clinic.visit (');
});

it('a file is written again, unless somebody else wrote it', async () => {
  const file = join(folder, 'clinic.sql');
  const written = { code: 0, out: `${file}: clinic.visit\n`, err: '' };
  expect(await run('clinic', '--out', file)).toEqual(written);
  expect(await run('clinic', '--out', file)).toEqual(written);
  expect(readFileSync(file, 'utf8')).toContain('create table clinic.visit (');
  writeFileSync(file, 'my own');
  expect(await run('clinic', '--out', file)).toMatchObject({ code: 1, out: '' });
  expect(readFileSync(file, 'utf8')).toBe('my own');
});

it('what makes no sense is one sentence', async () => {
  expect(await run('sessions', '--tables', 'nothing')).toMatchObject({
    code: 1,
    err: 'there is no table nothing\n',
  });
  expect(await run('x', '--app', 'examples/nest-app')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^assess finds no module x in examples\/nest-app \(it finds .*sessions/),
  });
  expect(await run('x', '--app', '.', '--tables', 'y')).toMatchObject({ code: 2 });
  const wrong = await run('x', '--database-url', 'http://me:secret@there');
  expect(wrong).toMatchObject({
    code: 2,
    err: '--database-url must be a URL that begins with postgres://\n',
  });
});

it('--help says where tables come from and what becomes of the rest', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  expect(out).toMatch(/--tables[^]+--app[^]+left out, and named in the file and on stderr/);
});
