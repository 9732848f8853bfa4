import { migrate } from '#platform';
import { defaultRetention, Database } from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
const write = (percent: string) =>
  writeFile(
    file(),
    `edge:
  - path: /reports
    upstreams: { legacy: 'http://localhost:1', new: 'http://localhost:2' }
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
