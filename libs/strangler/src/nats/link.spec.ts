import { Logger } from '@nestjs/common';
import { startNats, startNatsFor } from '../../../../test/support/nats.js';
import { freePort } from '../../../../test/support/ports.js';
import { untilUp } from '../../../../test/support/rpc.js';
import { until } from '../../../../test/support/until.js';
import { knownHoles } from './known-holes.js';
import { NatsLink } from './link.js';
import { natsFindings } from '../control/doctor/nats-findings.js';

/* Without NATS no module can move: whoever looks is told why there is none, and what to do. */
const said: string[] = [];
const line = (text: unknown) => void said.push(String(text));
const links: NatsLink[] = [];

beforeAll(() => Logger.overrideLogger({ log: line, warn: line, error: line }));
afterEach(async () => {
  said.length = 0;
  for (const link of links.splice(0)) await link.close();
});

const link = (...given: ConstructorParameters<typeof NatsLink>): NatsLink => {
  const made = new NatsLink(...given);
  links.push(made);
  return made;
};

it('a server that cannot be had: its advice is said once, however often it is tried', async () => {
  let tries = 0;
  const advice = 'nats-server was not found: install it, or set NATS_URL';
  const offline = link(() => {
    tries++;
    return Promise.reject(new Error(advice));
  });
  offline.start();
  await until('it is tried again', () => (tries >= 3 ? true : undefined));
  expect(said).toEqual([`no connection to NATS yet: ${advice}`]);
  expect(offline.trouble).toBe(advice);
  expect(await natsFindings(offline)()).toEqual([
    expect.objectContaining({ module: null, problem: `there is no connection to NATS: ${advice}` }),
  ]);
});

it('a server that does not answer is named by its address, never with its password', async () => {
  const port = await freePort();
  const nobody = link(async () => ({ servers: `nats://ann:secret@127.0.0.1:${port}` }));
  nobody.start();
  const trouble = await until('it says so', () => nobody.trouble ?? undefined);
  expect(trouble).toMatch(new RegExp(`^NATS at 127.0.0.1:${port} does not answer: .+`));
  expect(trouble + said.join()).not.toContain('secret');
});

it.each([
  ['nats://ann:secret@127.0.0.1:1', '127.0.0.1:1'],
  ['ann:secret@127.0.0.1:1', '127.0.0.1:1'],
  ['tls://ann:sec%2Fret@localhost:1/', 'localhost:1'],
])('where %s is looked for is told without its password', async (servers, address) => {
  const nobody = link(async () => ({ servers }));
  expect(nobody.server).toBeNull();
  nobody.start();
  const trouble = await until('it says so', () => nobody.trouble ?? undefined);
  expect(nobody.server).toEqual({ address, version: null });
  expect(trouble + said.join()).not.toMatch(/sec.*ret/);
});

it('which server it is connected to is known, and was it when that is gone', async () => {
  const nats = await startNats();
  const made = link(async () => ({ servers: nats.url }));
  made.start();
  const { info } = await untilUp(made);
  const server = { address: new URL(nats.url).host, version: info!.version };
  expect(made.server).toEqual(server);
  await nats.stop();
  await until('it is lost', () => (made.current ? undefined : true));
  expect(made.server).toEqual(server);
});

it('what NATS refuses is said once of each subject, however often and in whatever order it is tried', async () => {
  const nats = await startNatsFor({ name: 'ann', password: 'secret', publish: 'shop.>' });
  const made = link(async () => ({ servers: nats.url, user: 'ann', pass: 'secret' }));
  made.start();
  const connection = await untilUp(made);
  for (const subject of ['other.a', 'other.b', 'other.a', 'other.b', 'other.end'])
    connection.publish(subject);
  const refusals = await until('the last one is said', () => {
    const all = said.filter((text) => text.startsWith('NATS refuses'));
    return all.some((text) => text.includes('other.end')) ? all : undefined;
  });
  expect(refusals.map((text) => /other\.\w+/.exec(text)?.[0])).toEqual(['other.a', 'other.b', 'other.end']);
  await made.close();
  await nats.stop();
});

it('known holes of the server are said when it is connected to, and found by doctor', async () => {
  const nats = await startNats();
  const made = link(async () => ({ servers: nats.url }));
  made.start();
  const { info } = await untilUp(made);
  const holes = knownHoles(info!.version);
  const connected = `connected to NATS ${info!.version} at ${new URL(nats.url).host}`;
  expect(said).toEqual(holes ? [connected, `${holes}; set NATS_URL to use another one`] : [connected]);
  const found = await natsFindings(made)();
  expect(found.map(({ problem }) => problem)).toEqual(holes ? [holes] : []);
  await nats.stop();
  await until('the loss is noticed', () => made.trouble?.match(/is lost/) ?? undefined);
  made.start();
});

it('is asleep until somebody needs it, if to connect starts a server', async () => {
  const lazy = link(() => Promise.reject(new Error('none here')), { startsServer: true });
  const outside = link(() => Promise.reject(new Error('none here')));
  expect([lazy.asleep, outside.asleep]).toEqual([true, false]);
  lazy.start();
  expect(lazy.asleep).toBe(false);
  expect(await natsFindings(outside)()).toEqual([]);
});
