import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { moduleDatabase } from '../support/module-database.js';
import { startNats, type TestNats } from '../support/nats.js';
import { freePort } from '../support/ports.js';
import type { TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram, type Program } from '../support/programs.js';
import { until } from '../support/until.js';
import { installedApp, type InstalledApp } from './support/installed-app.js';

/*
 * An application that was written without regard to the toolkit (Nest 11, TypeORM 0.3, CommonJS) installs the package, and one of its modules
 * leaves behind its service's own class. Its own tests, over HTTP, have to pass before and after.
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
  [nats, here, there] = await Promise.all([
    startNats(),
    moduleDatabase('monolith', 'select'),
    moduleDatabase('extracted', tablesOfService),
  ]);
  ports = { http: await freePort(), admin: await freePort() };
  await app.run('npm', ['run', 'seed'], { DATABASE_URL: here.url });
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

/** The service's own migration, which generated DDL will be. */
const tablesOfService = `
  create schema sessions;
  create table sessions.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id integer not null,
    token_hash varchar(64) not null unique,
    user_agent varchar(300),
    ip_address varchar(45),
    remembered boolean not null default false,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
  );
  create index ix_sessions_user on sessions.sessions (user_id);
  select strangler.create_idempotency_table('sessions')`;

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
  (await of.query<{ count: number }>('select count(*)::int as count from sessions.sessions'))[0]!.count;

it(
  'its own tests pass while its sessions are in it, when they have left, and when they are back',
  async () => {
    await itsOwnTests();
    await steer('/run', { settings: { ramp: [100], bake: '0s', gates: { minSamples: 0 } } });
    await arrived('extracted');
    expect(await sessionsIn(there)).toBe(await sessionsIn(here));
    await itsOwnTests();
    await steer('/rollback', {});
    await arrived('monolith');
    await itsOwnTests();
  },
  10 * minutes,
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
