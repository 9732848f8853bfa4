import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startNats, type TestNats } from '../support/nats.js';
import { freePort } from '../support/ports.js';
import { emptyDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram, type Program } from '../support/programs.js';
import { until } from '../support/until.js';
import { Customers } from './support/customers.js';
import { packInto, quietly, runIn } from './support/packed.js';

/*
 * The package as a stranger gets it: packed, installed from the tarball into applications of test/fixtures/apps. What works in this
 * repository may lack a file there, load another Nest than the application does, or have no types. Each moves its module out and back while
 * customers write, by its strangler.yaml and by `npx strangler`.
 */
const minutes = 60_000;
const token = 'a-token-of-sixteen';
let folder: string;
let tarball: string;
let packed: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  ({ tarball, files: packed } = await packInto(folder));
}, 5 * minutes);
afterAll(async () => {
  endAllPrograms();
  await rm(folder, { recursive: true });
}, minutes);

it('has what it needs, and nothing of its tests', () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'sql/ownership.sql',
      'page/dist/index.html',
    ]),
  );
  expect(packed).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'cjs/index.js']));
  expect(packed).toContain('dist/cli/main.js');
  expect(packed).toEqual(expect.arrayContaining(['dist/testing/index.js', 'cjs/testing/index.d.ts']));
  expect(packed.filter((path) => /\.(spec|fixture)\./.test(path))).toEqual([]);
});

interface Application {
  what: string;
  module: 'tickets' | 'accounts' | 'members';
  table: string;
  type: 'commonjs' | 'module';
  versions: Record<'@nestjs/common' | '@nestjs/typeorm' | 'typeorm', string>;
  compiler: object;
  /** What it has for its own tests. */
  dev: Record<string, string>;
}

const eleven = { '@nestjs/common': '^11.0.0', '@nestjs/typeorm': '^11.0.0', typeorm: '^0.3.20' };
const twelve = { '@nestjs/common': '^12.0.0', '@nestjs/typeorm': '^12.0.0', typeorm: '^1.0.0' };
const applications: Application[] = [
  {
    what: 'Nest 11, TypeORM 0.3, CommonJS: serial ids, a module with one owner as a whole',
    module: 'tickets',
    table: 'tickets.tickets',
    type: 'commonjs',
    versions: eleven,
    compiler: { module: 'node20' },
    dev: {},
  },
  {
    what: 'Nest 12, TypeORM 1, ESM: a module that moves by key',
    module: 'accounts',
    table: 'accounts.deposits',
    type: 'module',
    versions: twelve,
    compiler: { module: 'nodenext' },
    dev: {},
  },
  {
    what: 'a Jest that is CommonJS: a port behind the class of a service',
    module: 'members',
    table: 'members.members',
    type: 'commonjs',
    versions: eleven,
    compiler: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
    dev: { jest: '^30.0.0' },
  },
];

/** A second one would not know what was registered at the first: providers, entities, rules of fields. */
const once = [
  ...['@nestjs/common', '@nestjs/core', 'typeorm', 'pg', 'rxjs', 'reflect-metadata'],
  ...['class-validator', 'class-transformer'],
];

describe.each(applications)('$what', ({ module, table, type, versions, compiler, dev }) => {
  let app: string;
  let nats: TestNats;
  let here: TestDatabase;
  let there: TestDatabase;
  let monolith: Program;
  let service: Program;
  let ports: { http: number; admin: number };
  const inApp = (command: string, args: string[], env = {}) => runIn(app)(command, args, env);
  const strangler = async (...args: string[]) => {
    const env = { ADMIN_PORT: String(ports.admin), ADMIN_TOKEN: token, DATABASE_URL: here.url };
    const { stdout } = await inApp('npx', ['strangler', ...args], env).catch((error: unknown) => {
      throw new Error([String(error), monolith.output(), service.output()].join('\n'));
    });
    return stdout;
  };

  beforeAll(async () => {
    app = join(folder, module);
    await cp(`test/fixtures/apps/${module}`, join(app, 'src'), { recursive: true });
    await cp('test/fixtures/apps/migrate.ts', join(app, 'src/migrate.ts'));
    const { '@nestjs/common': nest } = versions;
    await writeJson('package.json', {
      ...{ name: module, private: true, type, devDependencies: dev, jest: { rootDir: 'dist' } },
      dependencies: {
        ...{ 'nestjs-strangler': `file:${tarball}`, ...versions, '@nestjs/core': nest },
        ...{ '@nestjs/platform-express': nest, '@nestjs/microservices': nest },
        ...{ 'class-validator': '^0.15.0', pg: '^8.11.0', 'reflect-metadata': '^0.2.0', rxjs: '^7.8.0' },
      },
    });
    await writeJson('tsconfig.json', {
      compilerOptions: {
        ...{ strict: true, strictPropertyInitialization: false, useDefineForClassFields: false },
        ...{ experimentalDecorators: true, emitDecoratorMetadata: true, esModuleInterop: true },
        ...{ skipLibCheck: true, target: 'es2022', types: ['node', 'jest'], ...compiler },
        ...{ rootDir: 'src', outDir: 'dist' },
      },
      include: ['src'],
    });
    await inApp('npm', ['install', ...quietly]);
    // Types, as every application has them.
    await mkdir(join(app, 'node_modules/@types'), { recursive: true });
    for (const name of ['node', 'pg', 'jest'])
      await symlink(resolve('node_modules/@types', name), join(app, 'node_modules/@types', name)).catch(
        () => undefined,
      );
  }, 5 * minutes);

  const writeJson = (path: string, value: object) => writeFile(join(app, path), JSON.stringify(value));

  beforeAll(async () => {
    [nats, here, there] = await Promise.all([startNats(), emptyDatabase(), emptyDatabase()]);
    ports = { http: await freePort(), admin: await freePort() };
  }, minutes);
  afterAll(async () => {
    await Promise.all([monolith?.end(), service?.end()]);
    await Promise.all([nats?.stop(), here?.drop(), there?.drop()]);
  }, minutes);

  it(
    'knows its types',
    async () => {
      const compiled = await inApp('node', [resolve('node_modules/typescript/lib/tsc.js')]).catch(
        (error: unknown) => error as { stdout: string },
      );
      expect(compiled.stdout).toBe('');
    },
    3 * minutes,
  );

  it('has one Nest, one TypeORM and one of each other peer', async () => {
    const all = await readdir(join(app, 'node_modules'), { recursive: true });
    for (const name of once)
      expect(all.filter((path) => path === name || path.endsWith(`node_modules/${name}`))).toEqual([name]);
  });

  it(
    'makes its schema, and that of its service from it',
    async () => {
      await inApp('node', ['dist/migrate.js', 'src/schema.sql'], { DATABASE_URL: here.url });
      const { sql, leftOut } = JSON.parse(await strangler('generate', module, '--json')) as {
        sql: string;
        leftOut: { run: { where: string; sql: string } | null }[];
      };
      const toRun = leftOut.flatMap(({ run }) => (run?.where === 'service' ? [run.sql] : []));
      await writeFile(join(app, 'service.sql'), [sql, ...toRun].join('\n'));
      await inApp('node', ['dist/migrate.js', 'service.sql'], { DATABASE_URL: there.url });
      expect(await there.query(`select * from ${table}`)).toEqual([]);
    },
    2 * minutes,
  );

  if (dev['jest']) {
    it(
      'its own tests pass, in a Jest that cannot require ESM',
      async () => {
        const own = await emptyDatabase();
        const env = { DATABASE_URL: own.url };
        await inApp('node', ['dist/migrate.js', 'src/schema.sql'], env);
        const { stderr } = await inApp('npx', ['jest', '--ci'], env);
        expect(stderr).toMatch(/^Tests: +2 passed, 2 total$/m);
        await own.drop();
      },
      2 * minutes,
    );
  }

  it(
    'moves its module out and back while customers write',
    async () => {
      await steer('phase: monolith');
      const started = (entry: string, url: string, env = {}) =>
        startProgram(join(app, 'dist', entry), [], { DATABASE_URL: url, NATS_URL: nats.url, ...env }, app);
      monolith = started('main.js', here.url, {
        ...{ PORT: String(ports.http), ADMIN_PORT: String(ports.admin), ADMIN_TOKEN: token },
      });
      service = started('service.js', there.url);
      await monolith.printed(/^open$/m);
      await service.printed(/is served/);

      const keys = Array.from({ length: 20 }, () => randomUUID());
      const customers = new Customers(`http://127.0.0.1:${ports.http}/${module}`, () =>
        module === 'accounts' ? { accountId: keys[Math.floor(Math.random() * 20)], amount: 1 } : {},
      );
      const written = (more: number) => {
        const before = customers.accepted.length;
        return until(
          `${more} more are written`,
          () => customers.accepted.length >= before + more || undefined,
        );
      };
      await written(20);
      await steer('phase: extracted, ramp: [50, 100], bake: 0s, gates: { minSamples: 0 }');
      await strangler('status', module, '--wait-for', 'extracted', '--timeout', '150');
      await written(20);
      await strangler('rollback', module, '--to', 'shadow', '--write', '--wait', '--timeout', '150');
      await written(20);
      await customers.stop();
      expect(await strangler('verify', module)).toContain('the same on both sides');
      const rows = await rowsIn(here);
      expect(await rowsIn(there)).toEqual(rows);
      await strangler('rollback', module, '--write', '--wait', '--timeout', '150');

      expect(customers.refused).toEqual([]);
      expect(rows.map(({ reference }) => reference)).toEqual([...customers.accepted].sort());
      expect(await readFile(join(app, 'strangler.yaml'), 'utf8')).toContain('phase: monolith');
      expect(await strangler('status', module, '--json')).toContain('"phase": "monolith"');
    },
    8 * minutes,
  );

  const steer = (where: string) =>
    writeFile(join(app, 'strangler.yaml'), `modules:\n  ${module}: { ${where} }\n`);
  const rowsIn = (database: TestDatabase) =>
    database.query<{ reference: string }>(`select * from ${table} order by reference::text collate "C"`);
});
