import { isWhole, rawServer, sendRaw, type RawServer } from '../../../test/support/raw.js';
import { until } from '../../../test/support/until.js';
import { bareGateway, type BareGateway } from '../../../test/support/bare-gateway.js';

/*
 * Whose a request is that is passed on, where all connections are a proxy's. What would go wrong: all customers share what is granted to
 * one, or one of them writes himself an address, and is granted as much as he likes.
 */
let upstream: RawServer;
let gateway: BareGateway;
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes';

/** Before an application that never answers what is asked of `/held`. */
async function open(env: Record<string, string>): Promise<void> {
  upstream = await rawServer((socket, heard) => heard.includes('GET /held ') || socket.write(answer));
  const LEGACY_URL = `http://127.0.0.1:${upstream.port}`;
  gateway = await bareGateway({ LEGACY_URL, LEGACY_CHECK: '/checked', ...env });
}
async function close(): Promise<void> {
  await upstream.close();
  await gateway.close();
}

/** What a proxy sends for a client: `said` is what that has written himself, as lines. */
const sendFor = (address: string, said = '', path = '/') =>
  sendRaw(
    gateway.port,
    `GET ${path} HTTP/1.1\r\nHost: a\r\n${said}X-Forwarded-For: ${address}\r\n\r\n`,
    isWhole,
  );
const statusFor = async (...args: Parameters<typeof sendFor>) =>
  Number((await sendFor(...args)).slice(9, 12));

/** The lines in which the upstream was told last where somebody comes from. */
const toldOrigin = () => {
  const head = upstream.heard.join('').split('GET / ').at(-1)!;
  return head.split('\r\n').filter((line) => /^(x.forwarded.for|forwarded|x.real.ip)/i.test(line));
};

const forged = '198.51.100.9';

describe('behind one proxy', () => {
  beforeAll(() => open({ TRUST_PROXY: '1', RATE_PER_ADDRESS: '1/m burst 2' }));
  afterAll(close);

  it.each<[what: string, address: string, sent: [address: string, said?: string]]>([
    ['in the line to which the proxy adds', '192.0.2.1', [`${forged}, 192.0.2.1`]],
    ['in a line of its own', '192.0.2.2', ['192.0.2.2', `X-Forwarded-For: ${forged}\r\n`]],
    ['with an empty place behind it', '192.0.2.3', [`${forged}, , 192.0.2.3`]],
    ['as CGI reads it', '192.0.2.4', ['192.0.2.4', `X_Forwarded_For: ${forged}\r\n`]],
    ['in Forwarded', '192.0.2.5', ['192.0.2.5', `Forwarded: for=${forged}\r\n`]],
    ['in X-Real-IP', '192.0.2.6', ['192.0.2.6', `X-Real-IP: ${forged}\r\n`]],
  ])('nobody is somebody else by an address that he writes %s', async (_what, address, sent) => {
    expect(await statusFor(...sent)).toBe(200);
    expect(toldOrigin()).toEqual([`X-Forwarded-For: ${address}, 127.0.0.1`]);
    expect([await statusFor(address), await statusFor(...sent)]).toEqual([200, 429]);
  });

  it('that writes ports, a customer has one share, whatever his port, and is not all the others', async () => {
    const ports = [
      '192.0.2.20:1111',
      '192.0.2.20:2222',
      '192.0.2.20:3333',
      '192.0.2.21:1111',
      '[2001:db8::1]:1',
    ];
    const statuses = [];
    for (const address of ports) statuses.push(await statusFor(address));
    expect(statuses).toEqual([200, 200, 429, 200, 200]);
  });

  it('whose name was used by others has lost nothing', async () => {
    expect([await statusFor(forged), await statusFor(forged), await statusFor(forged)]).toEqual([
      200, 200, 429,
    ]);
  });
});

describe('behind one proxy, with a share of what is under way', () => {
  beforeAll(() => open({ TRUST_PROXY: '1', LEGACY_PER_ADDRESS: '1' }));
  afterAll(close);

  it('nobody gets more than his own, whatever he writes, and nobody less', async () => {
    const [ann, bob] = ['192.0.2.1', '192.0.2.2'];
    const held = sendFor(ann, '', '/held');
    await until('it is there', () => upstream.heard.find((text) => text.includes('/held')));
    const waiting = Array.from({ length: 5 }, () => sendFor(`${forged}, ${ann}`));
    expect(await Promise.race(waiting)).toMatch(/^HTTP\/1\.1 429 /);
    expect(await statusFor(bob)).toBe(200);
    await upstream.close();
    expect(await held).toMatch(/^HTTP\/1\.1 502 /);
    await Promise.all(waiting);
  });
});

describe('without a proxy', () => {
  beforeAll(() => open({ RATE_PER_ADDRESS: '1/m burst 2' }));
  afterAll(close);

  it('everybody is who connects, whatever he writes', async () => {
    expect(await statusFor('192.0.2.1')).toBe(200);
    expect(toldOrigin()).toEqual(['X-Forwarded-For: 127.0.0.1']);
    expect([await statusFor('192.0.2.2'), await statusFor(forged)]).toEqual([200, 429]);
  });
});
