import { Logger } from '@nestjs/common';
import { startNats, type TestNats } from '../../../../test/support/nats.js';
import { untilUp } from '../../../../test/support/rpc.js';
import { remotePeer } from './remote-peer.js';
import { NatsLink } from '../nats/link.js';
import { until } from '../../../../test/support/until.js';
import { serveReplication } from './transport.js';

/* The peer only sees that nobody answers: why, it has to be found on this side. */
let nats: TestNats;
const links: NatsLink[] = [];

beforeAll(async () => {
  nats = await startNats();
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const link of links.splice(0)) await link.close();
});
afterAll(() => nats.stop());

async function connected(): Promise<NatsLink> {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  links.push(link);
  link.start();
  await untilUp(link);
  return link;
}

it('says once why a hello is not answered, and again after it was', async () => {
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  const warned: unknown[] = [];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((said: unknown) => void warned.push(said));
  let broken = true;
  const answer = () =>
    broken ? Promise.reject(new Error('no such column')) : Promise.resolve({ kind: 'void' } as const);
  const served = await connected();
  serveReplication(
    served,
    { module: 'box', side: 'extracted', database: 'e' },
    { answer, apply: () => Promise.reject(new Error('not asked')) },
  );
  await served.current!.flush();
  const peer = remotePeer(await connected(), 'box', 'extracted');
  const ask = () => peer.ask({ kind: 'number', to: 'e', from: 'm', home: 'here', knownAs: null }, 'e');
  const notAnswered = () => warned.filter((said) => JSON.stringify(said).includes('is not answered'));
  await expect(ask()).rejects.toThrow(/timeout/i);
  await expect(ask()).rejects.toThrow(/timeout/i);
  expect(notAnswered()).toEqual([
    { msg: 'a question of the other side is not answered', error: expect.stringContaining('no such column') },
  ]);
  broken = false;
  expect(await until('it is answered', () => ask().catch(() => undefined))).toEqual({ kind: 'void' });
  broken = true;
  await expect(ask()).rejects.toThrow(/timeout/i);
  expect(notAnswered()).toHaveLength(2);
});
