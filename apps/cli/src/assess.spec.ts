import { readFileSync } from 'node:fs';
import { shop } from './shop.js';
import { allContracts } from './boundaries/contracts.js';
import { assessFolder, Cli, runCommandLine, type Assessment } from 'nestjs-strangler/cli';

async function run(...args: string[]) {
  const texts = { out: '', err: '' };
  const into = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const code = await runCommandLine(args, new Cli(shop, { stdout: into('out'), stderr: into('err') }, {}));
  return { code, ...texts };
}

it('no shop has to run, and no setting has to be right', async () => {
  const { code, out, err } = await run('assess', 'libs/domain');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^module +tables +ids +ownership +callers +effort\n/);
  expect(out).toContain('order to go in\n');
});

it('a program reads the same as data', async () => {
  const { out } = await run('assess', 'libs/domain', '--json');
  const { version, modules, order, leftOut } = JSON.parse(out) as Assessment;
  expect(version).toBe(1);
  expect(modules.map(({ name }) => name).sort()).toEqual([
    'inventory',
    'notifications',
    'orders',
    'payments',
    'users',
  ]);
  expect(order).toHaveLength(5);
  expect(leftOut[0]).toEqual({ file: '.', line: null, why: expect.stringMatching(/^\d+ files of tests$/) });
});

it('a folder that is not there is a failure, and no empty answer', async () => {
  expect(await run('assess', 'libs/nowhere')).toEqual({
    code: 1,
    out: '',
    err: 'libs/nowhere is no folder\n',
  });
});

it('--help says by which rules effort is told', async () => {
  const { code, out } = await run('assess', '--help');
  expect(code).toBe(0);
  expect(out).toMatch(/5 points: a transaction over modules/);
  expect(out).toMatch(/S up to 5, M up to 12, L up to 24, else XL/);
});

it('what it says of the shop is what the shop’s contracts say', async () => {
  const fits = new Map(
    assessFolder('libs/domain').modules.map(({ name, ownership }) => [name, ownership.fits]),
  );
  for (const { name, ownership } of await allContracts())
    expect([name, fits.get(name)]).toEqual([name, ownership]);
});

it('calls that already go through a port are seen, and cost nothing any more', () => {
  const { modules } = assessFolder('libs/domain');
  const stock = modules.find(({ name }) => name === 'inventory')!;
  expect(stock.callers).toBe(2);
  expect(stock.obstacles.map(({ kind, with: others, points }) => [kind, others, points])).toEqual([
    ['called by', ['orders'], 0],
  ]);
});

const application = 'examples/nest-app';
describe('an application that does not know us', () => {
  const plain = (text: string) => text.replace(/\s+/g, ' ').trim();

  it('is shown in docs/adopting.md as it is', async () => {
    const { out } = await run('assess', application);
    const page = readFileSync('docs/adopting.md', 'utf8');
    const [, excerpt = ''] = /```text\n([^]*?)```/.exec(page) ?? [];
    const lines = excerpt
      .split('\n')
      .map(plain)
      .filter((line) => line !== '' && line !== '…');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !plain(out).includes(line))).toEqual([]);
  });

  it('has modules that may leave and others that may not, and it is said why', () => {
    const { modules, order } = assessFolder(application);
    const blocked = (name: string) =>
      modules
        .find((module) => module.name === name)!
        .obstacles.filter(({ blocks }) => blocks)
        .map(({ kind }) => kind);
    expect(order.slice(0, 2).map(({ module }) => module)).toEqual(['notifications', 'sessions']);
    expect(blocked('notifications')).toEqual([]);
    expect(blocked('sessions')).toEqual([]);
    expect(blocked('records')).toEqual(
      expect.arrayContaining(['transaction', 'writes past', 'sql across', 'relation']),
    );
  });
});
