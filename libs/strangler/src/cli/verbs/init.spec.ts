import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cli } from '../cli.js';
import { installed } from '../installed.js';
import { runCommandLine } from '../run-command-line.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'init-'));
  cpSync('examples/nest-app', folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]) {
  const texts = { out: '', err: '' };
  const into = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const code = await runCommandLine(
    ['init', folder, ...args],
    new Cli(installed, { stdout: into('out'), stderr: into('err') }, {}),
  );
  return { code, ...texts };
}

const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const everything = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'utf8')]);

it('--dry-run shows the difference, and changes nothing', async () => {
  const before = everything();
  const { code, out, err } = await run('--dry-run');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(
    /^src\/app.module.ts\n…\n( .*\n){3}\+import \{ StranglerModule \} from 'nestjs-strangler';\n/,
  );
  expect(out).toContain('\nnew file strangler.yaml\n+# Where each module is to be');
  expect(everything()).toEqual(before);
});

it('docs/adopting.md shows what it shows', async () => {
  const { out } = await run('--dry-run');
  const excerpts = [...readFileSync('docs/adopting.md', 'utf8').matchAll(/```text\n([^]*?)```/g)];
  const excerpt = excerpts.find(([, text]) => text?.includes('StranglerModule'))?.[1] ?? '';
  const lines = excerpt.split('\n').filter((line) => line !== '');
  expect(lines.length).toBeGreaterThan(8);
  expect(lines.filter((line) => !out.includes(line))).toEqual([]);
});

it('what is written once stays as it is, the second time and when somebody has changed it', async () => {
  expect((await run()).out).toMatch(/^src\/app.module.ts: changed\nsrc\/strangler.ts: written\n/);
  const once = everything();
  const again = await run();
  expect(again.out).toMatch(/^src\/strangler.ts: is there already\n/);
  expect(again.out).toContain('src/app.module.ts: has StranglerModule already\n');
  expect(everything()).toEqual(once);
  writeFileSync(join(folder, 'strangler.yaml'), 'modules: {}\n');
  expect((await run()).out).toContain('strangler.yaml: is there and differs: left as it is');
  expect(read('strangler.yaml')).toBe('modules: {}\n');
  expect((await run('--force')).out).toContain('strangler.yaml: changed');
  expect(read('strangler.yaml')).toContain('#  sessions: { phase: monolith }');
});

it('a program is told the same as data', async () => {
  const { out } = await run('--json', '--dry-run');
  expect(JSON.parse(out)).toMatchObject({
    root: { name: 'AppModule', path: 'src/app.module.ts' },
    files: [
      { path: 'src/app.module.ts', what: 'changed' },
      { path: 'src/strangler.ts', what: 'new' },
      { path: 'src/service.ts', what: 'new' },
      { path: 'strangler.yaml', what: 'new' },
    ],
    paste: null,
    served: ['appointments', 'notifications', 'patients', 'practitioners', 'records', 'sessions', 'users'],
  });
});

it('what cannot be changed safely is left, and what to paste is said', async () => {
  writeFileSync(
    join(folder, 'src/app.module.ts'),
    read('src/app.module.ts').replace(/imports: \[[^]+?\n {2}\],/, 'imports: parts,'),
  );
  const before = read('src/app.module.ts');
  const { code, out } = await run();
  expect(code).toBe(0);
  expect(out).toContain(
    'src/app.module.ts cannot be changed safely: its `imports` is no list that stands there.',
  );
  expect(out).toContain('    StranglerModule.forRootAsync(');
  expect(read('src/app.module.ts')).toBe(before);
});

it('a folder that holds no such application is one sentence', async () => {
  rmSync(join(folder, 'src'), { recursive: true });
  expect(await run()).toEqual({
    code: 1,
    out: '',
    err: `${folder}: no Nest application: no class in this folder has @Module\n`,
  });
});

it('--help says which files it writes', async () => {
  expect((await run('--help')).out).toMatch(/strangler.ts[^]+service.ts[^]+strangler.yaml/);
});
