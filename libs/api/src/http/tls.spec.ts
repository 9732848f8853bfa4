import { Certificate, tlsSetting } from '#platform';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect as dial, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { makeAuthority, type Authority, type Pair } from '../../../../test/support/certificates.js';
import { until } from '../../../../test/support/until.js';
import { edge } from '../testing/edge.js';
import { BoundedAdapter, connectionLimits } from './bounded-adapter.js';

let authority: Authority;
let files: { cert: string; key: string };
let first: Pair;

beforeAll(async () => {
  authority = await makeAuthority();
  files = { cert: join(authority.folder, 'tls.crt'), key: join(authority.folder, 'tls.key') };
  first = await authority.issue('first.example');
  await put(first);
});
afterAll(() => authority.drop());

/** As certbot and Kubernetes do it: a new file takes the place of the old one. */
async function put({ cert, key }: Partial<Pair>): Promise<void> {
  for (const [path, content] of [
    [files.cert, cert],
    [files.key, key],
  ] as const) {
    if (content === undefined) continue;
    await writeFile(`${path}.new`, content);
    await rename(`${path}.new`, path);
  }
}

describe('a listener with a certificate', () => {
  let shop: Awaited<ReturnType<typeof edge>>;
  let certificate: Certificate;
  let port: number;

  beforeAll(async () => {
    certificate = tlsSetting({ TLS_CERT: files.cert, TLS_KEY: files.key })!;
    const limits = { ...connectionLimits, perAddress: { most: 10, loopback: true } };
    shop = await edge({}, {}, { adapter: new BoundedAdapter(limits, certificate) });
    await shop.app.listen(0, '127.0.0.1');
    ({ port } = shop.server.address() as AddressInfo);
  });
  afterAll(() => shop.app.close());

  const meet = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: authority.cert,
      ...options,
    });
    await once(socket, 'secureConnect');
    return socket;
  };
  const nameOf = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN;
  const nameNow = async () => {
    const socket = await meet();
    const name = nameOf(socket);
    socket.destroy();
    return name;
  };
  const seen = (name: string) => until(name, async () => ((await nameNow()) === name ? true : undefined));
  const gauges = async () => {
    const read = await certificate.gauges.read();
    return Object.fromEntries(Object.entries(read).map(([gauge, [reading]]) => [gauge, reading?.value]));
  };
  const ask = async (agent: Agent) => {
    const asked = get({ port, path: '/health/live', ca: authority.cert, servername: 'localhost', agent });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return { status: response.statusCode, socket: asked.socket as TLSSocket };
  };

  it('one connection too many of an address is closed before the handshake, and others are not', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => meet()));
    await expect(meet()).rejects.toThrow();
    (await meet({ localAddress: '127.0.0.2' } as ConnectionOptions)).destroy();
    all.forEach((socket) => socket.destroy());
    await until('there is room again', () =>
      meet().then(
        (socket) => socket.destroy(),
        () => undefined,
      ),
    );
  });

  it('gives the new one to new connections, and those that are open go on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const before = await ask(agent);
    expect(nameOf(before.socket)).toBe('first.example');
    await put(await authority.issue('second.example'));
    await seen('second.example');
    const after = await ask(agent);
    expect([before.status, after.status]).toEqual([200, 200]);
    expect(after.socket).toBe(before.socket);
    agent.destroy();
  });

  it('keeps the one that it has while the files do not belong together, and says so', async () => {
    await put(await authority.issue('third.example'));
    await seen('third.example');
    const { tls_certificate_not_after_seconds: notAfter } = await gauges();
    expect(notAfter).toBeGreaterThan(Date.now() / 1_000 + 86_400);
    const next = await authority.issue('fourth.example');
    await put({ cert: next.cert });
    const line = await until('it is said', () => shop.lines.find(({ level }) => level === 'error'));
    expect(line).toMatchObject({
      msg: expect.stringContaining('TLS_CERT and TLS_KEY cannot be used'),
      reason: 'the key is not that of the certificate',
    });
    expect(await nameNow()).toBe('third.example');
    expect(await gauges()).toEqual({
      tls_certificate_not_after_seconds: notAfter,
      tls_certificate_broken: 1,
    });
    await put({ key: next.key });
    await seen('fourth.example');
    expect(await gauges()).toMatchObject({ tls_certificate_broken: 0 });
  });

  it('speaks no TLS before 1.2, and no HTTP without', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await expect(meet(old)).rejects.toThrow(/protocol version/);
    const socket = dial(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
    expect(answer).not.toContain('HTTP');
    const lowest = await meet({ maxVersion: 'TLSv1.2' });
    expect(lowest.getProtocol()).toBe('TLSv1.2');
    lowest.destroy();
  });
});

describe('what the settings say', () => {
  const other = async () => {
    const path = join(authority.folder, 'other.key');
    await writeFile(path, (await authority.issue('other.example')).key);
    return path;
  };

  it('nothing at all is HTTP', () => expect(tlsSetting({})).toBeUndefined());

  it('a wrong one stops the start with its name', async () => {
    await put(first);
    const { cert, key } = files;
    const read = (TLS_CERT: string, TLS_KEY?: string) => () => tlsSetting({ TLS_CERT, TLS_KEY });
    expect(read(cert)).toThrow('TLS_CERT and TLS_KEY belong together: set both or none');
    expect(read(cert, await other())).toThrow(
      /^TLS_CERT=.* and TLS_KEY=.*: the key is not that of the certificate$/,
    );
    expect(read(key, key)).toThrow(/tls.key holds no certificate in PEM$/);
    expect(read(cert, cert)).toThrow(/tls.crt holds no private key in PEM, without a password$/);
    expect(read(cert, '/none')).toThrow(/ENOENT.*\/none/);
  });
});
