import { connect } from '@nats-io/transport-node';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, type TestNats } from '../support/nats.js';
import { endAllPrograms } from '../support/programs.js';
import { runCli, type CliRun } from '../support/run-cli.js';
import { Client, makeSetup, openService, openShop, type ShopSetup } from '../support/shop.js';

/* A NATS of one's own, as docs/operations.md says: every program with its own user, over TLS. */
let parent: string;
let folder: string;
let nats: TestNats;
let setup: ShopSetup;
let written: CliRun;

const configure = (where: string, ...more: string[]) =>
  runCli(['nats-config', where, '--port', new URL(nats.url).port, ...more], {});

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'nats-config-'));
  folder = join(parent, 'nats');
  nats = await startNats();
  setup = await makeSetup();
  written = await configure(folder);
  await nats.kill();
  await nats.restart('-c', join(folder, 'nats.conf'));
});
afterAll(async () => {
  endAllPrograms();
  await setup.drop();
  await nats.stop();
  await rm(parent, { recursive: true });
});

/** The settings of a program, from the file that was written for it. */
async function settingsOf(who: string): Promise<Record<string, string>> {
  const lines = (await readFile(join(folder, `shop.${who}.env`), 'utf8')).trim().split('\n');
  return Object.fromEntries(
    lines.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  );
}

const withSettings = async (who: string): Promise<ShopSetup> => ({
  ...setup,
  env: { ...setup.env, ...(await settingsOf(who)) },
});

it('writes what a server needs, once, for its owner only; a shop moves and sells over it', async () => {
  expect([written.code, written.stdout]).toEqual([
    0,
    expect.stringContaining(`nats-server -c ${join(folder, 'nats.conf')}`),
  ]);
  const files = await readdir(folder);
  for (const name of files.filter((each) => each !== 'server.pem'))
    expect([name, (await stat(join(folder, name))).mode & 0o077]).toEqual([name, 0]);
  const before = await readFile(join(folder, 'nats.conf'), 'utf8');
  expect(before).toMatch(/^listen: "127\.0\.0\.1:\d+"$/m);
  expect(await configure(folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is there already'),
  });
  expect(await readFile(join(folder, 'nats.conf'), 'utf8')).toBe(before);

  await setup.extract(['inventory', 'orders']);
  const shop = await openShop(await withSettings('monolith'));
  for (const module of ['inventory', 'orders'] as const)
    await openService(await withSettings(module), module);
  await setup.arrived();
  const admin = await Client.admin(shop.url);
  await admin.stock('TEA', 5);
  const customer = await Client.register(shop.url);
  expect(await customer.order('one', { TEA: 2 })).toMatchObject({
    status: 201,
    body: { status: 'confirmed' },
  });
}, 120_000);

it('who does not speak TLS, or trusts another certificate, does not get in; nor does TLS where it was not agreed', async () => {
  const { NATS_URL = '', NATS_TLS_CA = '' } = await settingsOf('inventory');
  const { username: user, password: pass, host: servers } = new URL(NATS_URL);
  const trying = { servers, user, pass, reconnect: false, timeout: 2_000 };
  await expect(connect(trying)).rejects.toThrow(/self-signed/);
  const ca = await readFile(NATS_TLS_CA, 'utf8');
  await (await connect({ ...trying, tls: { ca } })).close();
  const plain = await startNats();
  const { host } = new URL(plain.url);
  await expect(connect({ ...trying, servers: host, tls: {} })).rejects.toThrow(/does not support 'tls'/);
  await plain.stop();
});

it('for a host that programs reach by a name it listens to other machines', async () => {
  const reached = join(parent, 'reached');
  expect(await configure(reached, '--host', 'nats.example')).toMatchObject({ code: 0 });
  expect(await readFile(join(reached, 'nats.conf'), 'utf8')).toMatch(/^listen: "0\.0\.0\.0:\d+"$/m);
  await rm(reached, { recursive: true });
});

it('a host that cannot stand in a certificate is refused, and nothing is left', async () => {
  const other = join(parent, 'other');
  expect(await configure(other, '--host', 'a,DNS:bank.example')).toMatchObject({ code: 2 });
  expect(await readdir(parent)).toEqual(['nats']);
});
