import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { restored } from '../fixtures/restore.js';
import { queryOnce } from '../support/postgres.js';

/*
 * The package as a stranger gets it: packed, installed from the tarball, and loaded by an application of Nest 11 as CommonJS and by one of
 * Nest 12 as ESM. What works in this repository may lack a file there, load another Nest than the application does, or have no types.
 */
const run = promisify(execFile);
const minutes = 60_000;
/** What 0.1.0 had, which is in the base alone. */
const ofTheFirstRelease = 6;
let folder: string;
let tarball: string;
let packed: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  const { stdout } = await run('npm', [
    'pack',
    '-w',
    'nestjs-strangler',
    '--json',
    '--pack-destination',
    folder,
  ]);
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  tarball = join(folder, filename);
  packed = files.map(({ path }) => path);
}, 5 * minutes);
afterAll(() => rm(folder, { recursive: true }));

it('has what it needs, and nothing of its tests', () => {
  expect(packed).toEqual(
    expect.arrayContaining(['README.md', 'CHANGELOG.md', 'LICENSE', 'sql/ownership.sql']),
  );
  expect(packed).toEqual(expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'cjs/index.js']));
  expect(packed.filter((path) => /\.(spec|fixture)\./.test(path))).toEqual([]);
});

const applications = [
  {
    name: 'CommonJS, Nest 11, TypeORM 0.3',
    type: 'commonjs',
    nest: '^11.0.0',
    typeorm: '^0.3.20',
    typescript: { module: 'node20' },
  },
  {
    name: 'ESM, Nest 12, TypeORM 1',
    type: 'module',
    nest: '^12.0.0',
    typeorm: '^1.0.0',
    typescript: { module: 'nodenext' },
  },
];

describe.each(applications)('$name', ({ type, nest, typeorm, typescript }) => {
  let app: string;
  const inApp = (command: string, args: string[], env = {}) =>
    run(command, args, { cwd: app, env: { ...process.env, ...env } });

  beforeAll(async () => {
    app = join(folder, type);
    await mkdir(app);
    const dependencies = {
      ...{ 'nestjs-strangler': `file:${tarball}`, '@nestjs/common': nest, '@nestjs/core': nest },
      ...{ '@nestjs/typeorm': '^11.0.0 || ^12.0.0', typeorm },
      ...{ pg: '^8.11.0', 'reflect-metadata': '^0.2.0', rxjs: '^7.8.0' },
    };
    await writeFile(
      join(app, 'package.json'),
      JSON.stringify({ name: 'app', private: true, type, dependencies }),
    );
    await writeFile(join(app, 'main.ts'), source);
    const compilerOptions = {
      ...{
        strict: true,
        skipLibCheck: true,
        target: 'es2022',
        types: ['node'],
        experimentalDecorators: true,
      },
      ...{ emitDecoratorMetadata: true, esModuleInterop: true, ...typescript },
    };
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
    await inApp('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']);
    // Types of Node and of pg, as every application has them.
    await mkdir(join(app, 'node_modules/@types'), { recursive: true });
    for (const name of ['node', 'pg'])
      await symlink(resolve('node_modules/@types', name), join(app, 'node_modules/@types', name)).catch(
        () => undefined,
      );
  }, 5 * minutes);

  it(
    'knows its types, loads it beside its own Nest, and makes the schema of its database',
    async () => {
      const compiled = await inApp('node', [resolve('node_modules/typescript/lib/tsc.js')]).catch(
        (error: unknown) => error as { stdout: string },
      );
      expect(compiled.stdout).toBe('');
      const { url, drop } = await restored('select');
      const { stdout } = await inApp('node', ['main.js'], { DATABASE_URL: url });
      expect(JSON.parse(stdout)).toEqual({ contract: 'parcels', module: true, refusal: true });
      const [recorded] = await queryOnce<object>(
        url,
        'select count(*)::int as count from strangler.migrations',
      );
      const increments = packed.filter((path) => path.startsWith('sql/increments/')).length;
      expect(recorded).toEqual({ count: ofTheFirstRelease + increments });
      await drop();
    },
    minutes,
  );

  it('has one Nest, one TypeORM and one pg', async () => {
    const all = await readdir(join(app, 'node_modules'), { recursive: true });
    for (const name of ['@nestjs/common', 'typeorm', 'pg', 'rxjs'])
      expect(all.filter((path) => path === name || path.endsWith(`node_modules/${name}`))).toEqual([name]);
  });
});

/** The same for both. */
const source = `
import 'reflect-metadata';
import { IsString } from 'class-validator';
import pg from 'pg';
import { StranglerModule } from 'nestjs-strangler';
import { contract, query, DomainError } from 'nestjs-strangler/contract';
import { migrate } from 'nestjs-strangler/migrate';

class Parcel {
  @IsString() id!: string;
}

const parcels = contract('parcels', {
  ownership: 'by-key',
  operations: { look: query({ input: Parcel, output: Parcel, errors: ['not_found'], key: 'id' }) },
});

async function main(): Promise<void> {
  const client = new pg.Client({ connectionString: process.env['DATABASE_URL'] });
  await client.connect();
  await migrate(client, { say: console.warn });
  await client.end();
  const refusal = parcels.error('look', 'not_found', {});
  console.log(JSON.stringify({
    contract: parcels.name,
    module: typeof StranglerModule.forFeature === 'function',
    refusal: refusal instanceof DomainError,
  }));
}
void main();
`;
