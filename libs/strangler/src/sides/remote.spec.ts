import { Logger } from '@nestjs/common';
import { startNats, type TestNats } from '../../../../test/support/nats.js';
import { untilUp } from '../../../../test/support/rpc.js';
import { carryOutRepair } from '../control/doctor/doctor-repair.js';
import type { Repair } from '../control/conditions/finding.js';
import { NatsLink } from '../nats/link.js';
import { remoteSide, serveSide, SideUnreachableError } from './remote.js';
import type { SideControl } from './side.js';

/* The controller must know the difference between "refused" and "not known whether it was done". */
let nats: TestNats;
const links: NatsLink[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  nats = await startNats();
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
});
afterAll(() => nats.stop());

function linkTo(url: string): NatsLink {
  const link = new NatsLink(() => Promise.resolve({ servers: url }));
  links.push(link);
  return link;
}

/** Two databases that belong to each other. */
const home = () => Promise.resolve({ database: 'm', peer: 'e', peerSince: 'then' });
const away = () => Promise.resolve({ database: 'e', peer: 'm', peerSince: 'then' });

async function served(control: Partial<SideControl>): Promise<SideControl> {
  const link = linkTo(nats.url);
  serveSide(link, { module: 'box', side: 'extracted', database: 'e' }, control as SideControl, away);
  link.start();
  await (await untilUp(link)).flush();
  return remoteSide(linkTo(nats.url), 'box', 'extracted', home);
}

it('arguments and results travel as they are; the first call makes the connection', async () => {
  const asked: unknown[] = [];
  const fence = (step: unknown) => {
    asked.push(step);
    return Promise.resolve(asked.length === 1 ? 42 : null);
  };
  const side = await served({ fence, check: () => Promise.resolve(['no key']) });
  expect(await side.fence({ epoch: 1, from: 0, to: 5 })).toBe(42);
  expect(await side.fence({ epoch: 1, from: 0, to: 5 })).toBeNull();
  expect(await side.check()).toEqual(['no key']);
  expect(asked[0]).toEqual({ epoch: 1, from: 0, to: 5 });
});

it('what the side says is wrong is an error with its words, and the side goes on', async () => {
  let broken = true;
  const side = await served({
    check: () => (broken ? Promise.reject(new Error('the disk is full')) : Promise.resolve([])),
  });
  await expect(side.check()).rejects.toThrow('box on the side extracted: the disk is full');
  broken = false;
  expect(await side.check()).toEqual([]);
});

it('what it answers may be larger than a message; what is too large even in pieces is told, and the side goes on', async () => {
  let text = '語'.repeat(1_000_000);
  const side = await served({ check: () => Promise.resolve([text]) });
  expect((await side.check())[0] === text).toBe(true);
  text = 'x'.repeat(20_000_000);
  await expect(side.check()).rejects.toThrow(
    /^box on the side extracted: the answer of box .* has \d+ bytes/,
  );
  text = '';
  expect(await side.check()).toEqual(['']);
});

it('nobody there is another error: what was asked may have been done', async () => {
  const side = remoteSide(linkTo(nats.url), 'nowhere', 'extracted', home);
  await expect(side.check()).rejects.toThrow(SideUnreachableError);
});

it('what is missing is told: the connection, the service, its answer, its database', async () => {
  const away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  const hung = await served({ state: () => new Promise(() => undefined), check: () => Promise.reject(away) });
  await expect(hung.check()).rejects.toMatchObject({ kind: 'no database', message: away.message });
  await expect(hung.state()).rejects.toMatchObject({ kind: 'silent' });
  const nobody = remoteSide(linkTo(nats.url), 'nowhere', 'extracted', home);
  await expect(nobody.state()).rejects.toMatchObject({ kind: 'nobody' });
  const noNats = remoteSide(linkTo('nats://127.0.0.1:1'), 'box', 'extracted', home);
  const message = expect.stringMatching(/NATS/);
  await expect(noNats.state()).rejects.toMatchObject({ kind: 'no NATS', message });
});

it('a method that there is not is refused', async () => {
  await served({});
  const link = linkTo(nats.url);
  link.start();
  const wire = await untilUp(link);
  const reply = await wire.request('shop.control.box.extracted.e', '{"method":"constructor","from":"m"}', {
    timeout: 5_000,
  });
  expect(reply.json()).toEqual({ error: 'a side has no method constructor' });
});

it('a shop that the side does not belong to is refused by name, also when it knows the address', async () => {
  await served({ check: () => Promise.resolve([]) });
  const other = { database: 'x', peerSince: null };
  const asking = (peer: string | null) =>
    remoteSide(linkTo(nats.url), 'box', 'extracted', () => Promise.resolve({ ...other, peer }));
  const foreign = {
    kind: 'foreign',
    message: expect.stringMatching(/belongs to the shop whose database is m, since then/),
  };
  await expect(asking('e').check()).rejects.toMatchObject(foreign);
  await expect(asking(null).check()).rejects.toMatchObject(foreign);
});

it('nobody serves the database that is known: while nothing moves another one is asked, and else nobody', async () => {
  await served({ check: () => Promise.resolve(['here']) });
  const own = (capture: boolean) => () =>
    Promise.resolve({ database: 'm', peer: 'gone', peerSince: 'then', capture });
  const asking = (capture: boolean) => remoteSide(linkTo(nats.url), 'box', 'extracted', own(capture));
  expect(await asking(false).check()).toEqual(['here']);
  await expect(asking(true).check()).rejects.toMatchObject({ kind: 'nobody' });
});

it.each<Repair>([
  { kind: 'stop capture', side: 'extracted', epoch: 1 },
  { kind: 'lift fence', side: 'extracted', epoch: 1, otherEpoch: 1 },
  { kind: 'raise', side: 'extracted', epoch: 1, to: 2 },
])('`doctor --repair` does nothing on a side of another shop: $kind', async (repair) => {
  const did: string[] = [];
  const noting = (method: string) => () => Promise.resolve(did.push(method));
  const names = ['state', 'stopCapture', 'release', 'raise'] as const;
  await served(Object.fromEntries(names.map((name) => [name, noting(name)])));
  for (const peer of ['e', null]) {
    const own = () => Promise.resolve({ database: 'x', peer, peerSince: null });
    const extracted = remoteSide(linkTo(nats.url), 'box', 'extracted', own);
    const sides = {
      monolith: { raise: () => Promise.resolve(true) } as Partial<SideControl> as SideControl,
      extracted,
    };
    await expect(carryOutRepair(repair, sides)).rejects.toMatchObject({ kind: 'foreign' });
  }
  expect(did).toEqual([]);
});

it('of two services on two databases that belong to nobody neither is taken', async () => {
  for (const database of ['e1', 'e2']) {
    const link = linkTo(nats.url);
    const free = () => Promise.resolve({ database, peer: null, peerSince: null });
    serveSide(link, { module: 'box', side: 'extracted', database }, {} as SideControl, free);
    link.start();
    await (await untilUp(link)).flush();
  }
  const own = () => Promise.resolve({ database: 'm', peer: null, peerSince: null });
  await expect(remoteSide(linkTo(nats.url), 'box', 'extracted', own).check()).rejects.toMatchObject({
    kind: 'foreign',
    message: expect.stringMatching(/two services answer, on the databases e[12] and e[12]: stop one of them/),
  });
});
