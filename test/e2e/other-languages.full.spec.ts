import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNats, type TestNats } from '../support/nats.js';
import { endAllPrograms } from '../support/programs.js';
import { runCli } from '../support/run-cli.js';
import { Client, makeSetup, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';
import { until } from '../support/until.js';

/* docs/other-languages.md: a reader in Python, with nothing but its standard library, its own user, and TLS. */
jest.setTimeout(300_000);
const outside = { EVENT_STREAM: 'EVENTS', EVENT_READERS: 'warehouse:orders.confirmed' };

let folder: string;
let nats: TestNats;
let setup: ShopSetup;
let shop: OpenShop;
let running: ChildProcess[] = [];

beforeAll(async () => {
  const { status } = spawnSync('python3', ['-c', 'import sqlite3, ssl']);
  if (status !== 0) throw new Error('this test needs Python 3.9 or later: apt-get install python3');
  folder = await mkdtemp(join(tmpdir(), 'warehouse-'));
  nats = await startNats();
  setup = await makeSetup();
  const written = await runCli(
    ['nats-config', join(folder, 'nats'), '--port', new URL(nats.url).port],
    outside,
  );
  expect(written).toMatchObject({ code: 0 });
  await restartNats();
  const env = { ...setup.env, ...(await settingsOf('monolith')), ...outside };
  shop = await openShop({ ...setup, env });
});
afterAll(async () => {
  for (const each of running) each.kill('SIGKILL');
  endAllPrograms();
  await setup.drop();
  await nats.stop();
  await rm(folder, { recursive: true });
});

async function restartNats(): Promise<void> {
  await nats.kill();
  await nats.restart('-c', join(folder, 'nats', 'nats.conf'));
}

async function settingsOf(who: string): Promise<Record<string, string>> {
  const lines = (await readFile(join(folder, 'nats', `shop.${who}.env`), 'utf8')).trim().split('\n');
  return Object.fromEntries(
    lines.map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  );
}

const dies = `
import os, warehouse
publish = warehouse.Nats.publish
def dying(self, subject, payload, reply=""):
    if payload == "+ACK":
        print("dies", flush=True)
        os._exit(9)
    publish(self, subject, payload, reply)
warehouse.Nats.publish = dying
warehouse.main()
`;

/** The reader, with what it prints. */
async function startReader(words: string[], more: Record<string, string> = {}) {
  const { PATH = '' } = process.env;
  const own = { WAREHOUSE_DB: join(folder, 'warehouse.db'), PYTHONDONTWRITEBYTECODE: '1' };
  const env = { PATH, ...(await settingsOf('warehouse')), ...own, ...more };
  const child = spawn('python3', words, { cwd: 'examples/warehouse', env });
  running = [...running, child];
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = (word: string) => output.split('\n').filter((line) => line.startsWith(word)).length;
  return {
    lines,
    untilLines: (word: string, n: number) =>
      until(`${n} lines begin with ${word}`, () => (lines(word) >= n ? true : undefined)).catch(
        (error: unknown) => {
          throw new Error(`${String(error)}; it has printed: ${output}`);
        },
      ),
    ended: () => (child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined),
    kill: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** As NATS is where the consumer is not there yet: it lives, and says nothing to who asks. */
async function deafServer() {
  let asked = 0;
  const server = createServer((socket) => {
    socket.write('INFO {}\r\n');
    const pings = setInterval(() => socket.write('PING\r\n'), 50);
    socket.on('close', () => clearInterval(pings)).on('error', () => undefined);
    socket.on('data', (chunk) => (asked += chunk.toString().split('PUB $JS.API.').length - 1));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked, server };
}

/** What is to be packed, as the reader has written it down. */
const packed = (): number => {
  const sql =
    'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("select sum(quantity) from to_pack").fetchone()[0])';
  return Number(spawnSync('python3', ['-c', sql, join(folder, 'warehouse.db')]).stdout.toString());
};

it('counts each order once: killed between commit and answer, while away, and when the store is wiped', async () => {
  const admin = await Client.admin(shop.url);
  await admin.stock('TEA', 100);
  const customer = await Client.register(shop.url);
  const order = async (key: string) =>
    expect(await customer.order(key, { TEA: 2 })).toMatchObject({ body: { status: 'confirmed' } });

  const first = await startReader(['warehouse.py']);
  await order('one');
  await first.untilLines('packed', 1);
  await first.kill();

  const dying = await startReader(['-c', dies]);
  await order('two');
  await dying.untilLines('dies', 1);
  await dying.ended();
  expect(packed()).toBe(4);

  await order('three');
  await nats.kill();
  await rm(join(folder, 'nats', 'jetstream'), { recursive: true });
  const last = await startReader(['warehouse.py']);
  await restartNats();
  await last.untilLines('known already', 2);
  await last.untilLines('packed', 1);
  await order('four');
  await last.untilLines('packed', 2);
  expect(packed()).toBe(8);
});

it('asks again where nobody answers, because the stream or its consumer is not there yet', async () => {
  const deaf = await deafServer();
  try {
    const impatient = 'import warehouse; warehouse.PATIENCE = 0.2; warehouse.main()';
    const reader = await startReader(['-c', impatient], { NATS_URL: deaf.url });
    await reader.untilLines('again in a second: no answer', 1);
    await until('it asks again', () => (deaf.asked() >= 2 ? true : undefined));
    await reader.kill();
  } finally {
    deaf.server.close();
  }
});
