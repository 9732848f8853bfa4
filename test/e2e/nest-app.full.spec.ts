import { generateSchema } from '#strangler/generate/generate';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { phases, type Phase } from '#strangler/routes/phase';
import { moduleDatabase } from '../support/module-database.js';
import { startNats, type TestNats } from '../support/nats.js';
import { freePort } from '../support/ports.js';
import type { TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram, type Program } from '../support/programs.js';
import { until } from '../support/until.js';
import { installedApp, type InstalledApp } from './support/installed-app.js';

/*
 * An application that was written without regard to the toolkit (Nest 11, TypeORM 0.3, CommonJS) installs the package, and one of its modules
 * leaves behind its service's own class. Its table stays in `public`, and its own tests, over HTTP, have to pass in every phase.
 */
const run = promisify(execFile);
const minutes = 60_000;
const secret = 'a-secret-of-thirty-characters-say';
let app: InstalledApp;
let nats: TestNats;
let here: TestDatabase;
let there: TestDatabase;
let monolith: Program;
let service: Program;
let ports: { http: number; admin: number };

beforeAll(async () => {
  app = await installedApp();
  await app.run('git', ['apply', resolve('test/e2e/support/nest-app-sessions.patch')]);
  await app.run('npm', ['run', 'build']);
}, 10 * minutes);

beforeAll(async () => {
  [nats, here] = await Promise.all([startNats(), moduleDatabase('monolith', 'select')]);
  ports = { http: await freePort(), admin: await freePort() };
  await app.run('npm', ['run', 'seed'], { DATABASE_URL: here.url });
  there = await moduleDatabase('extracted', await tablesOfService());
  await wish('monolith');
  const started = (entry: string, env: Record<string, string>) =>
    startProgram(join(app.folder, 'dist', entry), [], { NATS_URL: nats.url, ...env }, app.folder);
  monolith = started('main.js', {
    ...{ DATABASE_URL: here.url, PORT: String(ports.http), JWT_SECRET: secret },
    ...{ ADMIN_PORT: String(ports.admin), ADMIN_TOKEN: secret },
  });
  service = started('sessions.main.js', { DATABASE_URL: there.url });
  await monolith.printed(/Listening on port/);
  await service.printed(/sessions is served/);
}, 5 * minutes);
afterAll(async () => {
  await Promise.all([monolith.end(), service.end()]);
  endAllPrograms();
  await Promise.all([nats.stop(), here.drop(), there.drop(), app.drop()]);
}, minutes);

/** Migrations are the monolith's alone: what the service needs comes from its catalogue. */
async function tablesOfService(): Promise<string> {
  const client = new pg.Client({ connectionString: here.url });
  await client.connect();
  const { sql, leftOut } = await generateSchema(client, 'sessions', { tables: ['public.sessions'] });
  await client.end();
  const toRun = leftOut.flatMap(({ run: later }) => (later?.where === 'service' ? [later.sql] : []));
  return [sql, ...toRun].join('\n');
}

/** What its file says; the monolith reads it again by itself. */
const wish = (phase: Phase): Promise<void> => {
  const percent = phase === 'shifting' ? ', percent: 50' : '';
  const settings = 'ramp: [50, 100], bake: 0s, gates: { minSamples: 0 }';
  return writeFile(
    join(app.folder, 'strangler.yaml'),
    `modules:\n  sessions: { phase: ${phase}${percent}, ${settings} }\n`,
  );
};

const steer = async (path: string, body?: object): Promise<Record<string, unknown>> => {
  const answer = await fetch(`http://127.0.0.1:${ports.admin}/modules/sessions${path}`, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
  });
  const told = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new Error(JSON.stringify(told));
  return told;
};
const arrived = (phase: string) =>
  until(`sessions is ${phase}`, async () => ((await steer(''))['phase'] === phase ? true : undefined));

const itsOwnTests = async () => {
  const told = await app
    .run('npm', ['run', 'test:e2e'], { APP_URL: `http://127.0.0.1:${ports.http}` })
    .catch((error: unknown) => error as { stderr: string });
  const [, failed] = /^(Tests: .*)$/m.exec(told.stderr) ?? [];
  if (!failed || /failed/.test(failed))
    throw new Error([told.stderr, monolith.output(), service.output()].join('\n'));
};
const sessionsIn = async (of: TestDatabase) =>
  (await of.query<{ count: number }>('select count(*)::int as count from public.sessions'))[0]!.count;

/** Refused for as long as the monolith has served an operation of it in the last five seconds. */
const decommissioned = () =>
  steer('/decommission', { confirm: 'sessions' }).catch((error: unknown) => {
    if (!String(error).includes('no process that runs the code of sessions')) throw error;
    return undefined;
  });

const walked = new Set<Phase>();
/** Has it go there, and its own tests run. */
async function passesIn(phase: Phase): Promise<void> {
  if (phase === 'decommissioned') await until('the monolith serves nothing of it any more', decommissioned);
  else await wish(phase);
  await arrived(phase);
  await itsOwnTests();
  walked.add(phase);
}

it(
  'its own tests pass in every phase, on the way out, when it is back, and for good',
  async () => {
    for (const phase of ['monolith', 'dual-write', 'shadow', 'shifting', 'extracted'] as const)
      await passesIn(phase);
    expect(await sessionsIn(there)).toBeGreaterThan(100);
    await passesIn('monolith');
    await wish('extracted');
    await arrived('extracted');
    expect(await sessionsIn(there)).toBe(await sessionsIn(here));
    await passesIn('decommissioned');
    const [left] = await here.query(`select to_regclass('public.sessions') as table`);
    expect(left).toEqual({ table: null });
    expect([...walked].sort()).toEqual([...phases].sort());
  },
  15 * minutes,
);

it('few lines had to change, apart from the migration', async () => {
  const patch = 'test/e2e/support/nest-app-sessions.patch';
  const { stdout } = await run('git', ['apply', '--numstat', '--exclude=*/migrations/*', patch]);
  const lines = stdout
    .trim()
    .split('\n')
    .flatMap((line) => line.split('\t').slice(0, 2).map(Number));
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(40);
});
