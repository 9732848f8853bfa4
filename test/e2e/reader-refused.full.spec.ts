import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/until.js';

/* The reader in Python at a NATS that refuses what it asks for, as one does that is being ended. */
const refusal = 'NATS/1.0 409 Server Shutdown\r\n\r\n';

it('a reader that is refused connects again a second later, and does not ask at once, for ever', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'warehouse-'));
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections++;
    socket.on('error', () => undefined);
    socket.write('INFO {}\r\n');
    let inbox = '';
    socket.on('data', (data: Buffer) => {
      const text = data.toString();
      inbox = /SUB (\S+)/.exec(text)?.[1] ?? inbox;
      if (text.includes('PUB '))
        socket.write(`HMSG ${inbox} 1 ${refusal.length} ${refusal.length}\r\n${refusal}\r\n`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const own = { WAREHOUSE_DB: join(folder, 'warehouse.db'), PYTHONDONTWRITEBYTECODE: '1' };
  const env = { PATH: process.env['PATH'], NATS_URL: `nats://127.0.0.1:${port}`, ...own };
  const reader = spawn('python3', ['warehouse.py'], { cwd: 'examples/warehouse', env, stdio: 'ignore' });
  try {
    await until('it has connected again', () => (connections > 1 ? true : undefined));
  } finally {
    const exit = once(reader, 'exit');
    reader.kill('SIGKILL');
    await exit;
    server.close();
    await rm(folder, { recursive: true });
  }
  expect(connections).toBeGreaterThan(1);
});
