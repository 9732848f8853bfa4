import { Certificate, tlsSetting } from '#platform';
import type { ServerResponse } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { makeAuthority, type Authority } from '../../../../test/support/certificates.js';
import { pause, until } from '../../../../test/support/until.js';
import { edge } from '../testing/edge.js';
import { BoundedAdapter, connectionLimits } from './bounded-adapter.js';

/** More than both kernels take. */
const large = Buffer.alloc(50_000_000);
const soon = { ...connectionLimits, lookMs: 20, leastRate: { overMs: 200, bytesPerS: 500 } };

const open = new Set<Socket>();
let shop: Awaited<ReturnType<typeof edge>>;
let authority: Authority;
let certificate: Certificate;

beforeAll(async () => {
  authority = await makeAuthority();
  const pair = await authority.issue('shop.example');
  const files = { TLS_CERT: join(authority.folder, 'tls.crt'), TLS_KEY: join(authority.folder, 'tls.key') };
  await writeFile(files.TLS_CERT, pair.cert);
  await writeFile(files.TLS_KEY, pair.key);
  certificate = tlsSetting(files)!;
});
afterEach(async () => {
  open.forEach((socket) => socket.destroy());
  await shop.app.close();
});
afterAll(() => authority.drop());

async function start(adapter: BoundedAdapter): Promise<BoundedAdapter> {
  shop = await edge({}, {}, { adapter });
  adapter.before(({ url }, response, goOn) => (answers[url ?? ''] ?? goOn)(response));
  await shop.app.listen(0, '127.0.0.1');
  return adapter;
}
const answers: Record<string, (response: ServerResponse) => unknown> = {
  '/whole': (response) => response.end(large),
  '/stream': (response) => response.write(large),
};
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Asks, and takes nothing. */
function ask(bytes: string, secure = false): Socket {
  const { port } = shop.server.address() as AddressInfo;
  const to = { port, host: '127.0.0.1', rejectUnauthorized: false };
  const socket: Socket = secure ? connectTls(to) : connect(to);
  open.add(socket.on('error', () => undefined).once('close', () => open.delete(socket)));
  socket.write(bytes);
  return socket;
}

const endedOf = ({ unread }: BoundedAdapter) => until('one is ended', () => unread.ended || undefined);

it.each([false, true])(
  'the connection of who does not read his answer is ended (TLS: %s)',
  async (secure) => {
    const adapter = await start(new BoundedAdapter(soon, secure ? certificate : undefined));
    ask(get('/whole'), secure);
    expect(await endedOf(adapter)).toBe(1);
    await until('the server is rid of it', async () => (await connections()) === 0 || undefined);
  },
);

it('so is one with answers of Express to requests that were sent ahead, and the log says why', async () => {
  const adapter = await start(new BoundedAdapter(soon));
  const path = '/docs/swagger-ui-bundle.js';
  ask(get(path).repeat(50));
  expect(await endedOf(adapter)).toBe(1);
  const line = await until('its line', () => shop.lines.find(({ aborted }) => aborted));
  expect(line).toMatchObject({ path, status: 200, failed: 'client_stalled' });
});

it('a stream that is not whole is left to who passes it on', async () => {
  const adapter = await start(new BoundedAdapter(soon));
  ask(get('/stream'));
  await until('it has come', async () => (await connections()) === 1 || undefined);
  ask(get('/whole'));
  await endedOf(adapter);
  await until('one is left', async () => (await connections()) === 1 || undefined);
  expect(adapter.unread.ended).toBe(1);
});

it.each([false, true])('who takes an answer slowly gets all of it (TLS: %s)', async (secure) => {
  const limits = { ...soon, leastRate: { overMs: 2_000, bytesPerS: 500 } };
  const adapter = await start(new BoundedAdapter(limits, secure ? certificate : undefined));
  let length = 0;
  const socket = ask(get('/whole'), secure);
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length;
    socket.pause();
    void pause(secure ? 1 : 3).then(() => socket.resume());
  });
  await until('all has come', () => length > large.length || undefined);
  expect(adapter.unread.ended).toBe(0);
});

it('as long as an answer that is passed on may wait', () => {
  expect(connectionLimits.leastRate).toEqual({ overMs: 20_000, bytesPerS: 500 });
});

const connections = () =>
  new Promise<number>((resolve, reject) =>
    shop.server.getConnections((error: Error | null, count: number) =>
      error ? reject(error) : resolve(count),
    ),
  );
