import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { closing, listening } from '../../../test/support/http-server.js';
import { makeAuthority, type Authority } from '../../../test/support/certificates.js';
import { until } from '../../../test/support/until.js';
import type { Settings } from './config.js';
import { bareGateway, type BareGateway } from '../../../test/support/bare-gateway.js';

/* A setting that is read and goes nowhere changes nothing, and nobody sees it: each is shown by what a gateway does that has it. */
let ca: Authority;
let gateway: BareGateway;
/** What they were asked for, the first one first. */
let asked: string[];
const servers: Server[] = [];

beforeAll(async () => {
  ca = await makeAuthority();
});
beforeEach(() => {
  asked = [];
});
afterEach(async () => {
  // First those that hold a request: the gateway answers what it has begun.
  await Promise.all(servers.splice(0).map(closing));
  await gateway.close();
});
afterAll(() => ca.drop());

/** An application. @returns its origin */
async function serve(answer: RequestListener, secure = false): Promise<string> {
  const listener: RequestListener = (request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  };
  const server = secure
    ? createTlsServer(await ca.issue('an application'), listener)
    : createServer(listener);
  servers.push(server);
  return `${secure ? 'https' : 'http'}://127.0.0.1:${await listening(server)}`;
}
const open = async (env: Record<string, string>, change?: (settings: Settings) => Settings) => {
  // A check is a request like any other, and is not among those that are counted here.
  gateway = await bareGateway({ LEGACY_CHECK: '/checked', ...env }, change);
};

const ask = async (path = '/') => {
  const answer = await fetch(gateway.url + path);
  return { status: answer.status, text: await answer.text() };
};
const withoutChecks = () => asked.filter((url) => url !== '/checked');
const silent: RequestListener = () => undefined;
const drip: RequestListener = (_request, response) => {
  const timer = setInterval(() => response.write('.'), 20);
  response.once('close', () => clearInterval(timer));
};

const shown: Record<string, () => Promise<unknown>> = {
  LEGACY_URL: async () => {
    await open({ LEGACY_URL: await serve((_request, response) => response.end('yes')) });
    expect(await ask('/a?b=1')).toEqual({ status: 200, text: 'yes' });
    expect(withoutChecks()).toEqual(['/a?b=1']);
  },
  LEGACY_CHECK: async () => {
    const LEGACY_URL = await serve((_request, response) => response.end());
    await open({ LEGACY_URL, LEGACY_CHECK: '/are-you-well?deep=1' });
    await until('it is asked how it is', () => asked[0]);
    expect(asked[0]).toBe('/are-you-well?deep=1');
  },
  LEGACY_TLS_CA: async () => {
    const LEGACY_URL = await serve((_request, response) => response.end('yes'), true);
    await open({ LEGACY_URL, LEGACY_TLS_CA: ca.file });
    expect(await ask()).toEqual({ status: 200, text: 'yes' });
  },
  LEGACY_IDLE: async () => {
    await open({ LEGACY_URL: await serve(silent), LEGACY_IDLE: '1s' });
    expect(await ask()).toMatchObject({ status: 504 });
  },
  LEGACY_TOTAL: async () => {
    await open({ LEGACY_URL: await serve(drip), LEGACY_TOTAL: '1s' });
    await expect(ask()).rejects.toThrow('terminated');
  },
  LEGACY_TRY: async () => {
    // Whoever is asked first says nothing.
    const answer: RequestListener = (_request, response) =>
      withoutChecks().length === 1 ? undefined : response.end('the other');
    const LEGACY_URL = `${await serve(answer)},${await serve(answer)}`;
    await open({ LEGACY_URL, LEGACY_TRY: '1s' });
    expect(await ask()).toEqual({ status: 200, text: 'the other' });
    expect(withoutChecks()).toHaveLength(2);
  },
  LEGACY_PER_ADDRESS: async () => {
    await open({ LEGACY_URL: await serve(silent), LEGACY_PER_ADDRESS: '1' });
    // One is under way, and four wait.
    const all = Array.from({ length: 6 }, () => fetch(gateway.url).catch(() => undefined));
    expect(await Promise.race(all)).toMatchObject({ status: 429 });
    expect(withoutChecks()).toHaveLength(1);
  },
  LEGACY_LEAST_RATE: async () => {
    const overMs = 100;
    const soon = ({ upstreams, ...more }: Settings): Settings => {
      const { times } = upstreams;
      return {
        ...more,
        upstreams: { ...upstreams, times: { ...times, leastRate: { ...times.leastRate, overMs } } },
      };
    };
    await open({ LEGACY_URL: await serve(silent), LEGACY_LEAST_RATE: '1000000' }, soon);
    expect(await uploadedSlowly()).toMatch(/^HTTP\/1\.1 408 /);
  },
};

/** Faster than a client has to be where nothing is set. */
async function uploadedSlowly(): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1').on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n');
  const dripping = setInterval(() => socket.write('x'.repeat(1_000)), 10);
  await until('it is answered', () => (text.includes('\r\n\r\n') ? true : undefined));
  clearInterval(dripping);
  socket.destroy();
  return text;
}

it.each(Object.keys(shown))('%s is what a gateway does', (name) => shown[name]!(), 30_000);

it('and there is no other setting of the application behind', async () => {
  await open({});
  const config = await readFile(join(__dirname, 'config.ts'), 'utf8');
  const read = new Set([...config.matchAll(/'(LEGACY_\w+)'/g)].map(([, name]) => name));
  expect(Object.keys(shown).sort()).toEqual([...read].sort());
});
