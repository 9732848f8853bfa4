import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { freezingProxy, type FreezingProxy } from './freezing-proxy.js';
import { pause, until } from './until.js';

let received = '';
let ended = 0;
const server = createServer((socket) => {
  socket.on('data', (piece) => (received += piece.toString()));
  socket.on('end', () => ended++).on('error', () => undefined);
});
let proxy: FreezingProxy;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await freezingProxy(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(async () => {
  await proxy.close();
  server.close();
});
beforeEach(() => {
  received = '';
  ended = 0;
});

const opened = async () => {
  const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('a');
  await until('the first letter is there', async () => received === 'a' || undefined);
  proxy.freeze();
  socket.write('b');
  await pause(50);
  expect(received).toBe('a');
  return socket;
};

it('what was sent into a silent connection comes once the network has healed, and once', async () => {
  const socket = await opened();
  proxy.heal();
  socket.end('c');
  await until('it has ended', async () => ended === 1 || undefined);
  expect(received).toBe('abc');
});

it('who has gone from a silent connection is missed once the network has healed', async () => {
  const socket = await opened();
  socket.destroy();
  await pause(50);
  expect(ended).toBe(0);
  proxy.heal();
  await until('it has ended', async () => ended === 1 || undefined);
});

it('a silent connection stays silent when only what comes from then on goes through', async () => {
  const socket = await opened();
  proxy.thaw();
  socket.write('c');
  await pause(50);
  expect([received, ended]).toEqual(['a', 0]);
  socket.destroy();
});
