import { migrate } from '#platform';
import { defaultRetention } from 'nestjs-strangler';
import { Database } from '#strangler/database/database';
import { noCalls } from '#strangler/evidence/evidence';
import { ShadowStore } from '#strangler/calls/shadow/shadow-store';
import { Windows } from '#strangler/evidence/windows';
import { Logger } from '@nestjs/common';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilBlocked } from '../../../../test/support/blocked.js';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { until } from '../../../../test/support/until.js';
import { defaultRules } from '../pool/rules.js';
import { UpstreamPools } from '../pool/upstream-pools.js';
import { EdgeRoutes } from './edge-routes.js';

let own: TestDatabase;
let database: Database;
let folder: string;
let one: EdgeRoutes;
let other: EdgeRoutes;
const closing: (() => void | Promise<void>)[] = [];
const checks = { ...defaultRules.checks, everyMs: 3_600_000 };

beforeAll(async () => {
  Logger.overrideLogger(false);
  [own, folder] = await Promise.all([freshDatabase(), mkdtemp(join(tmpdir(), 'edge-routes-'))]);
  await migrate(own.url, ['gateway']);
  database = new Database(own.url);
  await write('');
  [one, other] = [gateway(), gateway()];
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await database.close();
  await Promise.all([own.drop(), rm(folder, { recursive: true })]);
});

const file = () => join(folder, 'strangler.yaml');
const write = (percent: string, next = 'http://localhost:2') =>
  writeFile(
    file(),
    `edge:
  - path: /reports
    upstreams: { legacy: 'http://localhost:1', new: '${next}' }
    ramp: [100]
    bake: 0s
    gates: { minSamples: 0 }
${percent}`,
  );

/** As a process of the gateway has it. */
function gateway(): EdgeRoutes {
  const pools = new UpstreamPools({ checkPath: '/', rules: { checks } });
  closing.push(() => pools.close());
  return new EdgeRoutes({
    ...{
      database,
      watch: { record: () => undefined },
      file: file(),
      modules: [],
      pools,
      kept: defaultRetention,
      servedBy: false,
    },
    apiPaths: { has: (path) => path === '/api/v1/products', below: () => undefined },
    userOf: async () => undefined,
  });
}

async function open(routes: EdgeRoutes): Promise<void> {
  await routes.prepare();
  routes.start();
}

const follows = (routes: EdgeRoutes, percent: number) =>
  until(`it is at ${percent} %`, async () =>
    routes.board.entryOf('/reports')?.row.percent === percent ? true : undefined,
  );
const leaders = async () => {
  const [found] = await database.query<{ count: number }>(
    `select count(*)::int from pg_locks where locktype = 'advisory'
     and database = (select oid from pg_database where datname = current_database())`,
  );
  return found!.count;
};

it('two gateways on one database: what is moved at one the other follows, one of them leads, and the other one once that has ended', async () => {
  await open(one);
  await until('it leads', async () => ((await leaders()) === 1 ? true : undefined));
  await open(other);
  closing.push(() => other.stop());
  await other.operator.act('/reports', { verb: 'shift', percent: 10 }, { actor: 'ann', dryRun: false });
  await follows(one, 10);
  await write('    percent: 100\n');
  await Promise.all([follows(one, 100), follows(other, 100)]);
  expect(await leaders()).toBe(1);
  const history = await one.operator.history('/reports', 10);
  expect(history.map(({ action, to }) => [action, to])).toEqual([
    ['step', 100],
    ['file', 10],
    ['shift', 10],
  ]);
  await one.stop();
  await write('    percent: 0\n');
  await follows(other, 0);
  expect(await leaders()).toBe(1);
});

it('what a gate takes back while an operator writes the file is not started by that file again', async () => {
  const asked = { verb: 'shift', percent: 20, write: true } as const;
  const shift = () => other.operator.act('/reports', asked, { actor: 'ann', dryRun: false });
  await write('    percent: 10\n');
  await follows(other, 10);
  const before = await readFile(file(), 'utf8');
  // Neither sees the other: the gate has the row, and the operator waits for it.
  const refused = await database.transaction(async (q) => {
    await q.query(
      `update gateway.edge_routes set phase = 'legacy', percent = 0, wanted_percent = 0, wanted_by = 'operator',
         wanted_actor = 'autopilot', paused = 'up', pause_reason = 'returned', version = version + 1`,
    );
    const refusal = expect(shift()).rejects.toThrow('was changed at the same moment');
    await untilBlocked(own, 1);
    return { refusal };
  });
  await refused.refusal;
  expect(await readFile(file(), 'utf8')).toBe(before);
  // With nobody beside him the file and the row say the same, so that nothing is left to be moved by an edit.
  await shift();
  expect(await readFile(file(), 'utf8')).toContain('percent: 20');
  expect(other.board.entryOf('/reports')?.route.percent).toBe(20);
  await follows(other, 20);
  const [latest] = await other.operator.history('/reports', 1);
  expect(latest).toMatchObject({ actor: 'ann', to: 20, outcome: 'done' });
  // A database that is lost at the end of it: whoever has written the file is told so.
  await database.query(`create function gateway.lost() returns trigger language plpgsql as $$ begin raise 'lost'; end $$;
    create constraint trigger lost after update on gateway.edge_routes deferrable initially deferred
      for each row execute function gateway.lost()`);
  await expect(
    other.operator.act('/reports', { ...asked, percent: 30 }, { actor: 'ann', dryRun: false }),
  ).rejects.toThrow(/strangler\.yaml is written, and the database did not take the rest .*lost/);
  await database.query('drop function gateway.lost cascade');
  await follows(other, 30);
});

it('what was seen of another upstream does not count, and its share is not given to the one in its place', async () => {
  const { operator } = other;
  const asAnn = { actor: 'ann', dryRun: false };
  const shift = (percent: number) => operator.act('/reports', { verb: 'shift', percent }, asAnn);
  const knows = (next: string) =>
    until(`it knows ${next}`, () =>
      other.board.entryOf('/reports')?.row.upstreams?.new.join() === next ? true : undefined,
    );
  const seen = async () => {
    const { upstreams } = await operator.route('/reports');
    return [upstreams.new.calls, (await operator.mismatches('/reports')).length];
  };
  await write('');
  await until('nobody steers it but operators', () =>
    other.board.entryOf('/reports')?.row.filed === null ? true : undefined,
  );
  await shift(10);
  await knows('http://localhost:2');
  const call = { module: '/reports', side: 'extracted' as const, origin: 'customer' as const };
  const latency = noCalls.latency.map((_, i) => (i === 0 ? 5 : 0));
  await until('a call counts', async () => {
    await new Windows(database).addCalls([{ ...call, calls: 5, errors: 0, latency }], 0, []);
    return (await seen())[0] === 0 ? undefined : true;
  });
  await new ShadowStore(database).keep('/reports', 'GET', null, []);
  await operator.act('/reports', { verb: 'pause' }, asAnn);
  await write('', 'http://localhost:3,http://localhost:4');
  await follows(other, 0);
  expect(await seen()).toEqual([0, 0]);
  expect((await operator.history('/reports', 1))[0]).toMatchObject({
    ...{ action: 'upstreams', outcome: 'done', from: 10, to: 0 },
    reason: expect.stringContaining('begins anew at 0 %'),
  });
  // A copy that is replaced is the same application.
  await shift(10);
  await write('', 'http://localhost:4,http://localhost:5');
  await knows('http://localhost:4,http://localhost:5');
  await follows(other, 10);
  // Nobody else knows what was written there.
  await shift(100);
  await write('', 'http://localhost:6');
  await knows('http://localhost:6');
  await follows(other, 100);
  expect((await operator.history('/reports', 1))[0]).toMatchObject({ action: 'upstreams', outcome: 'noted' });
});

it('a route for a path of the API is refused with its line, at a start and while gateways run', async () => {
  const before = await readFile(file(), 'utf8');
  await writeFile(file(), before.replace('/reports', '/api/v1/products'));
  await expect(gateway().prepare()).rejects.toThrow(
    /line 2 refused: edge: \/api\/v1\/products is a path of the API/,
  );
  await follows(other, 100);
  expect(other.board.entryOf('/api/v1/products')).toBeUndefined();
});

it.each(['x-user-id', 'x-forwarded-for'])(
  'a cohort by %s is refused: nobody would be in it',
  async (header) => {
    await write(`    cohorts: [{ header: ${header}, equals: beta }]\n`);
    await expect(gateway().prepare()).rejects.toThrow(
      /line 2 refused: edge: nobody is in the cohort of \/reports/,
    );
  },
);

it('says of a route by hand that its cohorts wait for somebody to begin', async () => {
  await write('    cohorts: [{ header: x-user-group, equals: beta }]\n');
  await until('the file is read', () =>
    other.board.entryOf('/reports')?.route.cohorts.length === 1 ? true : undefined,
  );
  const act = (action: { verb: 'shift'; percent: number } | { verb: 'rollback' }) =>
    other.operator.act('/reports', action, { actor: 'ann', dryRun: false });
  const notes = async () => (await other.operator.route('/reports')).notes.join();
  await act({ verb: 'rollback' });
  expect(await notes()).toContain('shift /reports 0');
  await act({ verb: 'shift', percent: 0 });
  expect(await notes()).not.toContain('shift /reports 0');
});

it('does not start while it cannot read where its routes stand', async () => {
  await write('');
  await database.query(`delete from gateway.edge_routes;
    create function gateway.broken() returns trigger language plpgsql as $$ begin raise 'read-only'; end $$;
    create trigger broken before insert on gateway.edge_routes for each row execute function gateway.broken()`);
  await expect(gateway().prepare()).rejects.toThrow(
    'where its routes stand could not be read from the database',
  );
});
