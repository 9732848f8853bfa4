import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram } from '../support/programs.js';
import { runCli } from '../support/run-cli.js';
import { openBareGateway, type OpenShop } from '../support/shop.js';
import { until } from '../support/until.js';

/*
 * A gateway before an application that knows nothing of it, and no shop anywhere (MODULES=none): no NATS, no users. The walk is that of
 * docs/strangling-a-legacy-app.md, by its own file and its own commands.
 */
const secret = '4f1d0c6b9a8e7352b0a1c2d3e4f59687';
const [ann, wall] = [`ann.${secret}`, `wall.${secret}`];
const page = 'docs/strangling-a-legacy-app.md';

let own: TestDatabase;
let theirs: TestDatabase;
let folder: string;
let upstreams: { legacy: string; next: string };
let gateway: OpenShop;

beforeAll(async () => {
  [own, theirs, folder] = await Promise.all([
    freshDatabase(),
    freshDatabase(),
    mkdtemp(join(tmpdir(), 'alone-')),
  ]);
  const [legacy, next] = await Promise.all(['src', 'next'].map(open));
  upstreams = { legacy: legacy!, next: next! };
  await steer('');
  gateway = await openBareGateway(own.url, {
    ...{ LEGACY_URL: legacy!, ADMIN_TOKEN: ann, VIEWER_TOKEN: wall, LOG_LEVEL: 'debug' },
    ...{ DATA_DIR: folder, STRANGLER_CONFIG: file() },
  });
}, 60_000);
afterAll(async () => {
  endAllPrograms();
  await Promise.all([own.drop(), theirs.drop(), rm(folder, { recursive: true })]);
});

async function open(part: string): Promise<string> {
  const program = startProgram(`examples/legacy-app/${part}/main.js`, [], {
    ...{ PORT: '0', DATABASE_URL: theirs.url, SESSION_SECRET: 'for a test' },
  });
  return (await program.printed(/open: (\S+)/))[1]!;
}

const file = () => join(folder, 'strangler.yaml');
const steer = (edge: string) => writeFile(file(), `modules: {}\n${edge}`);
const cli = (args: string, token = ann) =>
  runCli(args.split(' '), { MODULES: 'none', GATEWAY_ADMIN_URL: gateway.adminUrl, ADMIN_TOKEN: token });
/** `undefined`: it is not known yet. */
const json = async (args: string) => {
  const { code, stdout } = await cli(`${args} --json`);
  return code === 0 ? JSON.parse(stdout) : undefined;
};

it('it is ready by its own database, and every path is the application’s, also those that a shop would have', async () => {
  expect(await (await fetch(`${gateway.adminUrl}/health/ready`)).json()).toEqual({ status: 'ok' });
  const asked = ['/api/v1/products', '/docs', '/.well-known/jwks.json', '/health', '/health/ready'];
  const answers = await Promise.all(asked.map((path) => fetch(gateway.url + path)));
  expect(answers.map(({ status, headers }) => [status, headers.get('x-powered-by')])).toEqual(
    [404, 404, 404, 200, 404].map((status) => [status, 'Express']),
  );
  const refused = await fetch(`${gateway.url}/catalogue%2FH1000`);
  expect([refused.status, refused.headers.get('content-type')]).toEqual([
    400,
    expect.stringContaining('application/problem+json'),
  ]);
});

it('the page’s own file moves its route, and each of its commands does what the page says', async () => {
  const text = await readFile(page, 'utf8');
  const [, entry = ''] = /```yaml\n(edge:\n {2}- path: \/catalogue\n[^]*?)```/.exec(text) ?? [];
  const there = entry
    .replace('http://127.0.0.1:4000', upstreams.legacy)
    .replace('http://127.0.0.1:4001', upstreams.next)
    // The page has customers, and time.
    .replace(/bake: .*\n\s*gates: .*/, 'bake: 0s\n    gates: { minSamples: 0 }');
  expect(there).toContain('minSamples: 0');
  await steer(there);
  await until('it has arrived', async () =>
    (await json('status /catalogue'))?.percent === 100 ? true : undefined,
  );
  await until('and customers with it', async () =>
    (await fetch(`${gateway.url}/catalogue/H1000`)).headers.get('x-served-by')?.endsWith('/catalogue=new')
      ? true
      : undefined,
  );
  const commands = [...text.matchAll(/npm run -s strangler -- ([^#`\n]+)/g)].map(([, args = '']) =>
    args.trim(),
  );
  expect(commands).toEqual(
    expect.arrayContaining(['status', 'history /catalogue', 'rollback /catalogue --write']),
  );
  // The last two are for a route without a percent.
  const steered = commands.filter((each) => !/^shift|^rollback \S+$/.test(each));
  for (const each of steered) expect([each, (await cli(each)).code]).toEqual([each, 0]);
  await until('everybody is back', async () =>
    (await fetch(`${gateway.url}/catalogue/H1000`)).headers.get('x-served-by')?.endsWith('/catalogue=legacy')
      ? true
      : undefined,
  );
  await steer(there.replace(/ {4}percent: .*\n/, ''));
  await until('operators steer it', async () =>
    (await json('status /catalogue'))?.steeredBy === null ? true : undefined,
  );
  for (const each of commands.filter((one) => !steered.includes(one)))
    expect([each, (await cli(`${each} --wait`)).code]).toEqual([each, 0]);
  const { items } = await json('history /catalogue');
  expect(items.slice(0, 2).map(({ action, actor }: Record<string, string>) => [action, actor])).toEqual([
    ['rollback', 'ann'],
    ['shift', 'ann'],
  ]);
});

it('who may only look moves nothing, whoever is not known does not even look, and no token stands in the log', async () => {
  expect((await cli('status /catalogue', wall)).code).toBe(0);
  expect(await cli('shift /catalogue 50', wall)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('ADMIN_TOKEN'),
  });
  for (const token of [`${ann}x`, `ann.${secret}`.toUpperCase(), 'a.b.c'])
    expect(await cli('status /catalogue', token)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ADMIN_TOKEN or VIEWER_TOKEN'),
    });
  expect(await cli('status /catalogue', `${ann},${wall}`)).toMatchObject({
    code: 2,
    stderr: 'ADMIN_TOKEN has several tokens: set yours alone, for it stands in the history\n',
  });
  expect(gateway.output()).toContain('/catalogue');
  expect(gateway.output()).not.toContain(secret);
});

describe('whoever asks in the wrong way is told the right one', () => {
  const at = (args: string, env: Record<string, string>) => runCli(args.split(' '), env);
  const here = () => ({ MODULES: 'none', GATEWAY_ADMIN_URL: gateway.adminUrl, ADMIN_TOKEN: ann });
  const without = (name: string) => ({ ...here(), [name]: '' });

  it('a route without its slash, with MODULES=none or not', async () => {
    for (const MODULES of ['none', 'all']) {
      const env = { ...here(), MODULES, ADMIN_URL: 'http://127.0.0.1:1' };
      const { stderr } = await at('status catalogue', env);
      const [, advice = ''] = /npm run -s strangler -- (.*)\n$/.exec(stderr) ?? [];
      expect(advice).toBe('status /catalogue');
      expect((await at(advice, env)).code).toBe(0);
    }
  });

  it('what only modules have, of a route', async () => {
    expect((await at('verify /catalogue', here())).stderr).toMatch(
      /"shadow: 0\.1".* mismatches \/catalogue$/m,
    );
    for (const verb of ['quarantined', 'doctor', 'rejoin'])
      expect([verb, (await at(`${verb} /catalogue`, here())).stderr]).toEqual([
        verb,
        expect.stringMatching(/a route has .*(rollback|shift)/),
      ]);
  });

  it('a module, where there is no shop', async () => {
    for (const args of ['status inventory', 'doctor', 'history', 'run inventory'])
      expect([args, (await at(args, here())).stderr]).toEqual([
        args,
        expect.stringMatching(/^there is no shop here \(MODULES=none\).*begin with \//),
      ]);
  });

  it('a port at which no gateway is, or not its admin listener', async () => {
    const { port } = new URL(gateway.url);
    const elsewhere = { ...without('GATEWAY_ADMIN_URL'), GATEWAY_ADMIN_PORT: '1' };
    expect((await at('status /catalogue', elsewhere)).stderr).toMatch(
      /^nothing answers at http:\/\/127\.0\.0\.1:1 .*"npm run start:gateway".*GATEWAY_ADMIN_PORT/,
    );
    expect((await at('status /catalogue', { ...elsewhere, GATEWAY_ADMIN_PORT: port })).stderr).toMatch(
      /is not the admin API of the gateway: see GATEWAY_ADMIN_PORT/,
    );
  });

  it('nobody', async () => {
    expect((await at('status', without('ADMIN_TOKEN'))).stderr).toMatch(/^not logged in: set ADMIN_TOKEN/);
    expect(
      (await at('status /catalogue', { ...without('ADMIN_TOKEN'), MODULES: '', DATA_DIR: folder })).stderr,
    ).toMatch(/a gateway without a shop takes an ADMIN_TOKEN/);
  });
});
