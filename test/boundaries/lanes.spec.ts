import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { laneNames, laneOf } from '../support/lanes/lanes.mjs';
import { root } from './tree.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lanes-'));
});
afterAll(() => rm(folder, { recursive: true }));

const put = async (file: string, text: string): Promise<void> => {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), text);
};

/** Runs Jest to its end, in a process of its own. */
const runJest = (...args: string[]) =>
  new Promise<{ failed: boolean; stdout: string; stderr: string }>((resolve) => {
    const program = join(root, 'node_modules/jest/bin/jest.js');
    execFile(process.execPath, [program, ...args], { cwd: root }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, stdout, stderr }),
    );
  });

describe('lanes', () => {
  it('run every test file, each in exactly one', async () => {
    const listed = await Promise.all(
      laneNames.map((lane) => runJest('--selectProjects', lane, '--listTests', '--json')),
    );
    const run = listed.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);

    const foreign = /^(node_modules|dist|coverage|\.data|\.git|examples\/nest-app|test\/fixtures\/apps)\//;
    const names = (await readdir(root, { recursive: true })).filter((name) => !foreign.test(`${name}/`));
    const files = names.filter((name) => /\.(spec|test)\.[cm]?[jt]sx?$/.test(name));
    expect(files.length).toBeGreaterThan(180);
    expect(run.sort()).toEqual(files.map((name) => join(root, name)).sort());
  });

  it.each([
    ['unit', "import { decide } from './decide.js';"],
    // Types are gone when the test runs.
    ['unit', "import type { Program } from '../../../test/support/programs.js';"],
    // What the product can do is not what its test does.
    ['unit', "import { start } from './start.js';"],
    ['db', "import { freshDatabase } from '../../../test/support/postgres.js';"],
    ['db', "import {\n  toy,\n  type Toy,\n} from '../../../test/support/toy.js';"],
    ['process', "import { spawn } from 'node:child_process';"],
    [
      'process',
      "import { toy } from '../../../test/support/toy.js';\nimport { shop } from './testing/shop.js';",
    ],
  ])('%s is the lane of a test with %j', async (lane, text) => {
    await put('test/support/postgres.ts', "import pg from 'pg';\n");
    await put('test/support/toy.ts', "import { freshDatabase } from './postgres.js';\n");
    await put('test/support/programs.ts', "import { spawn } from 'node:child_process';\n");
    await put('libs/a/src/testing/shop.ts', "export { x } from '../../../../test/support/programs.js';\n");
    await put('libs/a/src/start.ts', "import { spawn } from 'node:child_process';\n");
    await put('libs/a/src/a.spec.ts', `${text}\n`);
    await put('libs/a/src/a.full.spec.ts', `${text}\n`);

    expect(laneOf('libs/a/src/a.spec.ts', folder)).toBe(lane);
    expect(laneOf('libs/a/src/a.full.spec.ts', folder)).toBe('full');
  });

  it('let a unit test that reaches for a server or a process fail, and no other', async () => {
    const tests = {
      'reaches a database': "new (require('pg').Client)({ host: '127.0.0.1', port: 5432 }).connect()",
      'reaches a socket': "require('node:net').connect('/tmp/.s.PGSQL.5432')",
      'starts a process': "require('node:child_process').execFile('true')",
      'starts it and waits': "require('node:child_process').execSync('true')",
      'calls itself':
        "require('node:http').createServer((_, answer) => answer.end()).listen(0, '127.0.0.1', function () {" +
        ' fetch(`http://127.0.0.1:${this.address().port}`).then((answer) => this.close(() => done()), done) })',
    };
    const lines = Object.entries(tests).map(([name, body]) =>
      name === 'calls itself' ? `test('${name}', (done) => { ${body} })` : `test('${name}', () => ${body})`,
    );
    await put('unit/a.spec.js', lines.join('\n'));
    const config = {
      rootDir: join(folder, 'unit'),
      modulePaths: [join(root, 'node_modules')],
      testEnvironment: join(root, 'test/support/lanes/unit-environment.cjs'),
    };
    const { failed, stderr } = await runJest('--config', JSON.stringify(config), '--verbose');

    expect(failed).toBe(true);
    expect([...stderr.matchAll(/✓ ([a-z ]+)/g)].map(([, name]) => name?.trim())).toEqual(['calls itself']);
    expect([...new Set(stderr.match(/the lane unit (?:connects|starts)[^:]*/g))]).toEqual([
      'the lane unit connects to port 5432',
      'the lane unit connects to /tmp/.s.PGSQL.5432',
      'the lane unit starts true',
    ]);
  });
});
