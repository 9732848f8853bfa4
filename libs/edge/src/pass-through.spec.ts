import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { passThrough, Upstream } from './index.js';
import { closing, listening } from '../../../test/support/http-server.js';
import { openGate, type Gate } from './testing/gate.js';
import { isWhole, sendRaw } from '../../../test/support/raw.js';

/* Every trap of express-http-proxy, against real sockets. */
let answer: (request: IncomingMessage, response: ServerResponse) => unknown;
let seen: IncomingMessage[] = [];
const server = createServer((request, response) => {
  seen.push(request);
  answer(request, response);
});
let upstream: Upstream;
let gate: Gate;

beforeAll(async () => {
  upstream = new Upstream(`http://127.0.0.1:${await listening(server)}`);
  gate = await openGate({ upstreamOf: (_request, failed) => (failed.length === 0 ? upstream : undefined) });
});
beforeEach(() => {
  seen = [];
  gate.outcomes.length = 0;
  answer = (_request, response) => response.end('yes');
});
afterAll(async () => {
  await gate.close();
  upstream.close();
  await closing(server);
});

const headersOf = ({ rawHeaders }: IncomingMessage) =>
  rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name.toLowerCase()}: ${rawHeaders[i + 1]}`] : []));
const ask = (text: string, enough = isWhole) => sendRaw(gate.port, text, enough);
const get = (headers = '', path = '/') => ask(`GET ${path} HTTP/1.1\r\nHost: shop.example\r\n${headers}\r\n`);

describe('what goes on', () => {
  it('the path and the query arrive as they were sent', async () => {
    await get('', '/a%20b/c?q=%2F..%2e&x=//y');
    expect(seen[0]?.url).toBe('/a%20b/c?q=%2F..%2e&x=//y');
  });

  it('headers of the connection, and those that it names, end here', async () => {
    await get(
      'Connection: keep-alive, X-Mine, Cookie\r\nX-Mine: 1\r\nCookie: a=b\r\nKeep-Alive: timeout=9\r\nTE: trailers\r\n' +
        'Proxy-Authorization: Basic x\r\nProxy-Connection: close\r\nHTTP2-Settings: x\r\nX-Kept: 1\r\n',
    );
    expect(headersOf(seen[0]!)).toEqual([
      `host: ${upstream.host}`,
      'x-kept: 1',
      'x-forwarded-for: 127.0.0.1',
      'x-forwarded-proto: http',
      'x-forwarded-host: shop.example',
      expect.stringMatching(/^cdn-loop: strangler-[0-9a-f]{16}$/),
      'connection: keep-alive',
    ]);
  });

  it('a client cannot name a header away that the gateway writes, or that frames the body', async () => {
    answer = (request, response) => request.pipe(response);
    const text = await ask(
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: X-Forwarded-For, Host, Content-Length\r\nContent-Length: 2\r\n\r\nhi',
      (text) => text.includes('0\r\n\r\n'),
    );
    expect(text).toContain('2\r\nhi\r\n0');
    expect(headersOf(seen[0]!)).toEqual(
      expect.arrayContaining(['x-forwarded-for: 127.0.0.1', `host: ${upstream.host}`, 'content-length: 2']),
    );
  });

  it.each([
    'X-User-Id',
    'x_user_id',
    'X.User.Id',
    'X-Internal-Token',
    'x_internal_token',
    'Remote-User',
    'X-Original-URL',
    'X-Rewrite-Url',
    'Forwarded',
    'X-Forwarded-For',
    'X_Forwarded_Host',
    'X-Forwarded-Port',
    'X-Real-IP',
    'Content_Length',
    'Transfer_Encoding',
    'X-HTTP-Method-Override',
    'X-User',
    'X-UserId',
    'X-Auth-User',
    'X-WebAuth-User',
    'X-Consumer-Username',
    'X-Goog-Authenticated-User-Email',
    'X-MS-Client-Principal',
    'X-Amzn-OIDC-Identity',
    'X-Amzn-Oidc-Data',
    'X-MS-Token-AAD-Id-Token',
    'X-Apigateway-Api-Userinfo',
    'X-Endpoint-API-UserInfo',
    'X-User-Groups',
    'X-Userinfo',
    'X-Remote-User-Id',
    'X-SSO-User',
    'X-Jwt-Payload',
    'X-SSL-Cert',
    'X-Client-Verify',
    'OIDC_CLAIM_sub',
    'SM_USER',
    'Client-IP',
    'X-Cluster-Client-IP',
    'X-ProxyUser-Ip',
    'X-Original-Forwarded-For',
    'X-Original-Host',
    'X-Host',
    'Client-Cert',
    'X-ARR-ClientCert',
    'Cf-Access-Authenticated-User-Email',
    'X-Shadow-Request',
  ])('%s of a client never passes', async (name) => {
    await get(`${name}: forged\r\n`);
    expect(headersOf(seen[0]!).join('\n')).not.toContain('forged');
  });

  it('a credential that is a client’s own goes on', async () => {
    await get('X-Auth-Token: own\r\nAuthorization: Bearer own\r\n');
    expect(headersOf(seen[0]!)).toEqual(
      expect.arrayContaining(['x-auth-token: own', 'authorization: Bearer own']),
    );
  });

  it('no header of one request is in another one', async () => {
    await get('Authorization: Bearer mine\r\nX-Once: 1\r\n');
    await get();
    expect(headersOf(seen[1]!).join('\n')).not.toMatch(/mine|x-once/);
  });

  it('fifty at once, answered from the last to the first: each has its own headers, there and back', async () => {
    const waiting: (() => void)[] = [];
    answer = (request, response) => {
      response.setHeader('X-Back', String(request.headers['x-mine']));
      waiting.push(() => response.end('yes'));
      if (waiting.length === 50) for (const reply of waiting.reverse()) reply();
    };
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => get(`X-Mine: ${i}\r\n`)));
    expect(answers.map((text) => text.match(/^x-back: .*$/gim))).toEqual(
      answers.map((_text, i) => [`X-Back: ${i}`]),
    );
    const mine = seen.map((request) => headersOf(request).filter((line) => line.startsWith('x-mine')));
    expect(mine.map((lines) => lines.length)).toEqual(Array(50).fill(1));
    expect(new Set(mine.flat()).size).toBe(50);
  });

  it('behind a proxy that is trusted its word is taken, once, and that of whoever stands before it is not', async () => {
    const behind = await openGate({ upstreamOf: () => upstream }, { proxies: 1 });
    await sendRaw(
      behind.port,
      'GET / HTTP/1.1\r\nHost: inside.example\r\nX-Forwarded-For: 203.0.113.66\r\nX-Forwarded-For: 198.51.100.7\r\n' +
        'X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\nForwarded: for=203.0.113.66\r\n' +
        'X-Forwarded-Port: 1\r\nX-Real-IP: 203.0.113.66\r\n\r\n',
      isWhole,
    );
    await behind.close();
    const told = headersOf(seen[0]!).filter((line) => /forwarded|real-ip/.test(line));
    expect(told).toEqual([
      'x-forwarded-for: 198.51.100.7, 127.0.0.1',
      'x-forwarded-proto: https',
      'x-forwarded-host: shop.example',
    ]);
  });

  it('a chunked body arrives once, and is not given a length beside', async () => {
    let body = '';
    answer = async (request, response) => {
      for await (const chunk of request) body += String(chunk);
      response.end('yes');
    };
    await ask(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    );
    expect(body).toBe('abcde');
    expect(seen[0]?.headers['transfer-encoding']).toBe('chunked');
    expect(seen[0]?.headers['content-length']).toBeUndefined();
  });

  it('a POST without a body has none, and none is waited for', async () => {
    await ask('POST / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(seen[0]?.headers['content-length']).toBe('0');
  });

  it('whoever expects 100-continue is told so here, and sends his body', async () => {
    answer = (request, response) => request.resume().on('end', () => response.end('yes'));
    const text = await ask(
      'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
      (text) => text.includes('yes'),
    );
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
    expect(seen[0]?.headers.expect).toBeUndefined();
  });

  it('connections are kept and used again', async () => {
    for (let i = 0; i < 5; i += 1) await get();
    expect(new Set(seen.map(({ socket }) => socket.remotePort)).size).toBe(1);
  });

  it('a large upload is not held in memory: what the upstream does not take yet is not read', async () => {
    const body = pieces();
    let [length, between] = [0, 0];
    answer = async (request, response) => {
      for await (const chunk of request) {
        length += (chunk as Buffer).length;
        between = Math.max(between, body.given() - length);
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end('yes');
    };
    const streamed: RequestInit & { duplex: 'half' } = { method: 'POST', body: body.stream, duplex: 'half' };
    await fetch(gate.url, streamed);
    expect(length).toBe(all);
    expect(between).toBeLessThan(all / 2);
  });

  it('a large answer is not held in memory: what the client does not take yet is not read', async () => {
    const body = pieces();
    answer = (_request, response) =>
      Readable.from(body.stream as unknown as AsyncIterable<Uint8Array>).pipe(response);
    let [length, between] = [0, 0];
    for await (const chunk of (await fetch(gate.url)).body as unknown as AsyncIterable<Buffer>) {
      length += chunk.length;
      between = Math.max(between, body.given() - length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(length).toBe(all);
    expect(between).toBeLessThan(all / 2);
  });
});

describe('what comes back', () => {
  const back = (write: (response: ServerResponse) => void, text = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n') => {
    answer = (_request, response) => write(response);
    return ask(text);
  };

  it('headers of the connection, and those that it names, end here; lists stay lists', async () => {
    const text = await back((response) =>
      response
        .writeHead(201, 'Made', [
          ...['Connection', 'close, X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=1'],
          ...['Proxy-Authenticate', 'Basic', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Kept', '1'],
          ...['Content-Length', '2'],
        ])
        .end('ok'),
    );
    const lines = text.split('\r\n');
    expect(lines[0]).toBe('HTTP/1.1 201 Made');
    expect(lines.filter((line) => line.startsWith('Set-Cookie'))).toEqual([
      'Set-Cookie: a=1',
      'Set-Cookie: b=2',
    ]);
    expect(text).toContain('X-Kept: 1');
    expect(text).toContain('Connection: keep-alive');
    expect(text).not.toMatch(/x-hop|proxy-auth|timeout=1\b/i);
  });

  it.each([
    ['http://UP/login?a=1#b', '/login?a=1#b'],
    ['http://UP', '/'],
    ['/login', '/login'],
    ['//other.example/', '//other.example/'],
    ['http://other.example/x', 'http://other.example/x'],
    ['http://UP//other.example/', '/.//other.example/'],
    ['http://UP/\\other.example/', '/.//other.example/'],
    ['https://UP/x', 'https://UP/x'],
    ['login', 'login'],
  ])('a client that is sent to %s goes to %s', async (from, to) => {
    const at = (text: string) => text.replace('UP', upstream.host);
    const text = await back((response) =>
      response.writeHead(302, { Location: at(from), 'Content-Length': 0 }).end(),
    );
    expect(/^location: (.*)$/im.exec(text)?.[1]).toBe(at(to));
  });

  it('HEAD has the length of the body, and no body', async () => {
    answer = (_request, response) => response.writeHead(200, { 'Content-Length': 3 }).end('yes');
    const head = 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n';
    const text = await sendRaw(
      gate.port,
      head + 'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(text.split('HTTP/1.1 200 OK')).toHaveLength(3);
    expect(text).toMatch(/Content-Length: 3\r\n(?:[^\r]+\r\n)*\r\nHTTP\/1\.1/);
  });

  it.each([204, 304])('%s has no body, and the connection goes on', async (status) => {
    answer = (request, response) =>
      request.url === '/' ? response.writeHead(status).end() : response.end('yes');
    const one = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    const text = await sendRaw(gate.port, one + 'GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\n\r\nHTTP/1.1 200 OK.*yes$`, 's'));
    expect(text).not.toMatch(/^transfer-encoding/im);
  });

  it('early hints arrive before the answer', async () => {
    const text = await back((response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('yes');
    });
    expect(text).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200/,
    );
  });

  it('a piece is given on when it is there, not when all are', async () => {
    let end = () => undefined as unknown;
    answer = (_request, response) => {
      response.write('first');
      end = () => response.end('last');
    };
    const text = await ask('GET / HTTP/1.1\r\nHost: a\r\n\r\n', (text) => {
      if (text.includes('first')) end();
      return text.includes('last');
    });
    expect(text).toMatch(/5\r\nfirst\r\n4\r\nlast/);
  });

  it('a client of HTTP/1.0 gets no chunks', async () => {
    answer = (_request, response) => {
      response.write('first');
      response.end('last');
    };
    const text = await sendRaw(gate.port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    expect(text).toMatch(/\r\n\r\nfirstlast$/);
  });
});

describe('what the gateway says itself', () => {
  const own = { toUpstream: ['X-Request-Id', 'r-1'], toClient: ['X-Request-Id', 'r-1', 'RateLimit', 'ours'] };
  let to: Upstream;
  let port: number;
  const passOn = passThrough({ upstreamOf: (_request, failed) => (failed.length === 0 ? to : undefined) });
  const before = createServer((request, response) => passOn(request, response, () => undefined, own));
  const asked = () => sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: forged\r\n\r\n', isWhole);

  beforeAll(async () => {
    port = await listening(before);
  });
  beforeEach(() => {
    to = upstream;
  });
  afterAll(() => closing(before));

  it('reaches both sides, once, and no word of a client in its place', async () => {
    answer = (_request, response) => response.writeHead(200, { 'Content-Length': 3 }).end('yes');
    const text = await asked();
    expect(headersOf(seen[0]!).filter((line) => line.startsWith('x-request-id'))).toEqual([
      'x-request-id: r-1',
    ]);
    expect(text.match(/^(x-request-id|ratelimit): .*(?=\r)/gim)).toEqual([
      'X-Request-Id: r-1',
      'RateLimit: ours',
    ]);
  });

  it('does not stand beside what the answer says, but gives way', async () => {
    answer = (_request, response) =>
      response.writeHead(200, { ratelimit: 'theirs', 'Content-Length': 3 }).end('yes');
    expect((await asked()).match(/^ratelimit: .*(?=\r)/gim)).toEqual(['ratelimit: theirs']);
  });

  it('is there too where nobody answers', async () => {
    to = new Upstream('http://127.0.0.1:1');
    const text = await asked();
    expect(text).toMatch(/^HTTP\/1\.1 502 [^]*\nX-Request-Id: r-1\r[^]*"traceId":"r-1"/);
  });
});

const mb = 1_048_576;
/** More than the buffers of all sockets on the way. */
const all = 64 * mb;

/** `all` bytes, and how many of them have been asked for. */
function pieces() {
  let given = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given === all) return controller.close();
      given += mb;
      controller.enqueue(new Uint8Array(mb));
    },
  });
  return { stream, given: () => given };
}
