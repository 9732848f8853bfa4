import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders as Http2Headers } from 'node:http2';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { freePort } from '../support/ports.js';
import { edge } from '../../libs/api/src/testing/edge.js';
import { makeAuthority, type Authority } from '../support/certificates.js';
import { until } from '../support/until.js';

/* Two copies of the API behind nginx, with the very configuration of docs/behind-nginx.md. */
const product = {
  sku: 'A1',
  description: 'Cup',
  price: { amount: 1, currency: 'GBP' },
  onHand: 1,
  reserved: 0,
};

let authority: Authority;
let folder: string;
let copies: Copy[];
let nginx: ChildProcess;
let session: ClientHttp2Session;
let front: number;
/** Ends the answer that goes on until then. */
let end: (() => void) | undefined;

interface Copy {
  port: number;
  seen: { path: string; headers: IncomingHttpHeaders }[];
  connections: () => number;
  close(): Promise<unknown>;
}

async function startCopy(): Promise<Copy> {
  const { app, server } = await edge(
    { inventory: { getProduct: async () => product } },
    {},
    {
      proxies: 1,
      elsewhere: () => (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: first\n\n');
        end = () => void response.end('data: last\n\n');
      },
    },
  );
  const seen: Copy['seen'] = [];
  let connections = 0;
  server
    .on('request', ({ url = '', headers }) => void seen.push({ path: url, headers }))
    .on('connection', () => (connections += 1));
  await app.listen(0, '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  return { port, seen, connections: () => connections, close: () => app.close() };
}

/** As the page has it, but for ports and paths. @throws when it has something else */
async function configuration(): Promise<string> {
  const page = await readFile('docs/behind-nginx.md', 'utf8');
  let block = /```nginx\n(.*?)```/s.exec(page)?.[1] ?? '';
  const here = {
    '127.0.0.1:8080': `127.0.0.1:${copies[0]!.port}`,
    '127.0.0.1:8081': `127.0.0.1:${copies[1]!.port}`,
    'listen 443 ssl http2;': `listen 127.0.0.1:${front} ssl http2;`,
    '/etc/ssl/shop.crt': join(folder, 'shop.crt'),
    '/etc/ssl/shop.key': join(folder, 'shop.key'),
  };
  for (const [there, put] of Object.entries(here)) {
    if (block.split(there).length !== 2)
      throw new Error(`docs/behind-nginx.md has not one "${there}" in its block`);
    block = block.replace(there, put);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (of) => `${of}_temp_path ${folder}/${of};`,
  );
  return `daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1; events {}
http { access_log off; ${temporary.join(' ')}
${block} }`;
}

async function startNginx(): Promise<void> {
  const installed = await promisify(execFile)('nginx', ['-v'], { env: paths }).catch(() => undefined);
  if (!installed) throw new Error('there is no nginx here: apt-get install nginx-light');
  const file = join(folder, 'nginx.conf');
  await writeFile(file, await configuration());
  nginx = spawn('nginx', ['-c', file, '-p', folder, '-e', 'stderr'], {
    env: paths,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  nginx.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  session = await until('nginx answers', async () => {
    if (nginx.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    const tried = connect(`https://localhost:${front}`, { ca: authority.cert });
    return once(tried, 'connect').then(
      () => tried,
      () => undefined,
    );
  });
}

const paths = { PATH: `${process.env['PATH']}:/usr/sbin` };

beforeAll(async () => {
  [authority, folder, front] = await Promise.all([
    makeAuthority(),
    mkdtemp(join(tmpdir(), 'nginx-')),
    freePort(),
  ]);
  // Its workers are somebody else, where it is started by root.
  await chmod(folder, 0o755);
  const { cert, key } = await authority.issue('shop.example');
  await Promise.all([writeFile(join(folder, 'shop.crt'), cert), writeFile(join(folder, 'shop.key'), key)]);
  copies = await Promise.all([startCopy(), startCopy()]);
  await startNginx();
});
afterAll(async () => {
  session?.destroy();
  if (nginx?.exitCode === null && nginx.kill('SIGQUIT')) await once(nginx, 'exit');
  await Promise.all(copies.map((copy) => copy.close()));
  await authority.drop();
  await rm(folder, { recursive: true, force: true });
});

async function ask(path: string, headers: Http2Headers = {}, body?: string) {
  const stream = session.request({ ':path': path, ...headers });
  if (body !== undefined) stream.end(body);
  const [answer] = (await once(stream, 'response')) as [Http2Headers];
  return { status: answer[':status'], headers: answer, text: await text(stream) };
}
const post = (body: object) =>
  ask('/api/v1/auth/token', { ':method': 'POST', 'content-type': 'application/json' }, JSON.stringify(body));
const path = '/api/v1/products/A1';

it('HTTP/2 in front, kept connections behind, to both', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(path)));
  for (let i = 0; i < 20; i++) answers.push(await ask(path));
  expect(session.alpnProtocol).toBe('h2');
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(JSON.parse(answers[0]!.text)).toMatchObject({ sku: 'A1' });
  for (const { seen, connections } of copies) {
    expect(seen.length).toBeGreaterThan(20);
    expect(connections()).toBeLessThan(seen.length);
  }
});

it('the address that counts is the one that nginx saw, whatever a client claims', async () => {
  await ask(`${path}?claimed`, { 'x-forwarded-for': '192.0.2.66' });
  const { headers } = copies.flatMap(({ seen }) => seen).find((request) => request.path.endsWith('claimed'))!;
  expect(headers).toMatchObject({
    'x-forwarded-for': '192.0.2.66, 127.0.0.1',
    'x-forwarded-proto': 'https',
    host: 'localhost',
  });
  expect(headers).not.toHaveProperty('upgrade');
});

it('an answer that goes on reaches the client as it comes', async () => {
  const stream = session.request({ ':path': '/events' });
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('data: first\n\n');
  end!();
  expect(await text(stream)).toBe('data: last\n\n');
});

it('health is for those behind it', async () => expect((await ask('/health/ready')).status).toBe(404));

it('one that is gone is noticed by nobody, not even by a POST', async () => {
  await copies[0]!.close();
  const statuses: unknown[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await post({})).status, (await ask(path)).status);
  expect(new Set(statuses)).toEqual(new Set([200, 400]));
});

it('what a copy loses in the middle is repeated if it may be, and a POST never', async () => {
  let lost = 0;
  // In the place of the one that is gone: it takes a request, and dies.
  const dying = createTcpServer((socket) =>
    socket
      .on('error', () => undefined)
      .once('data', () => {
        lost += 1;
        socket.resetAndDestroy();
      }),
  );
  await once(dying.listen(copies[0]!.port, '127.0.0.1'), 'listening');
  /** Asks until it has had one more, which takes as long as nginx leaves it alone. */
  const untilLost = async (work: () => Promise<{ status: unknown }>) => {
    const [before, statuses] = [lost, [] as unknown[]];
    await until('it has its turn', async () => {
      statuses.push((await work()).status);
      return lost > before ? true : undefined;
    });
    expect(lost).toBe(before + 1);
    return statuses;
  };
  expect(new Set(await untilLost(() => ask(path)))).toEqual(new Set([200]));
  const posts = () => copies[1]!.seen.filter((request) => request.path === '/api/v1/auth/token').length;
  const before = posts();
  const statuses = await untilLost(() => post({}));
  expect(statuses.pop()).toBe(502);
  expect(statuses.filter((status) => status !== 400)).toEqual([]);
  expect(posts() - before).toBe(statuses.length);
  dying.close();
});
