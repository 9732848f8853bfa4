import { Logger } from '@nestjs/common';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { openAdmin as openListener } from '../../nest/admin-listener.js';
import request from 'supertest';
import { adminLogin, gatewayPage, openAdmin, type AdminListener } from '../../../../../test/support/admin.js';
import { ScriptedOperator } from '../../../../../test/support/scripted-operator.js';
import { DomainError } from '../../contract/errors.js';
import { pageFiles } from './page-files.js';
import { pageRoutes } from './page-routes.js';

let admin: AdminListener;
let token: string;

beforeEach(async () => {
  admin = await openAdmin(new ScriptedOperator('stock'));
  token = (await admin.authorization('admin')).replace('Bearer ', '');
});
afterEach(() => admin.close());

const own = { 'sec-fetch-site': 'same-origin' };
const cookieOf = (answer: request.Response): string => String(answer.headers['set-cookie']);
const logIn = (how: object, headers: Record<string, string> = own) =>
  request(admin.url).post('/session').set(headers).send(how);
/** The cookie as a browser sends it. */
async function session(): Promise<string> {
  return cookieOf(await logIn({ token })).split(';')[0]!;
}

describe('the page', () => {
  it('is served to everybody, runs nothing that is not its own, and stands in nobody else’s frame', async () => {
    const page = await request(admin.url).get('/');
    expect(page.status).toBe(200);
    expect(page.text).toContain('<div id="page">');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`script-src 'self'`);
    expect(policy).toContain(`frame-ancestors 'none'`);
    expect(policy).not.toContain('unsafe');
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(page.text)![1]!;
    const answer = await request(admin.url).get(`/${script}`);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': expect.stringContaining('immutable') as string,
      'x-content-type-options': 'nosniff',
    });
  });

  it('is compressed for whoever takes that, and not sent again to who has it', async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(`${admin.url}/`, { headers: { 'accept-encoding': 'identity', ...headers } });
    const plain = await ask({});
    expect(plain.headers.get('content-encoding')).toBeNull();
    const html = await plain.text();
    for (const accepted of ['gzip', 'br, gzip;q=0.5, deflate', 'GZIP;q=1.0']) {
      const answer = await ask({ 'accept-encoding': accepted });
      expect([accepted, answer.headers.get('content-encoding')]).toEqual([accepted, 'gzip']);
      expect(answer.headers.get('vary')).toBe('Accept-Encoding');
      expect(await answer.text()).toBe(html);
    }
    for (const refused of ['gzip;q=0', 'gzip;q=0.000, br', 'xgzip', 'br'])
      expect((await ask({ 'accept-encoding': refused })).headers.get('content-encoding')).toBeNull();
    const etag = plain.headers.get('etag')!;
    const again = await ask({ 'if-none-match': etag, 'accept-encoding': 'gzip' });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect(again.headers.get('etag')).toBe(etag);
    expect((await ask({ 'if-none-match': '"another"' })).status).toBe(200);
  });

  it('takes less than 80 kB, all in all', () => {
    const loaded = [...pageFiles('account')].filter(([path]) => path === '/' || path.startsWith('/assets/'));
    const types = new Set(loaded.map(([path]) => path.split('.')[1]));
    expect(types).toEqual(new Set([undefined, 'js', 'css']));
    expect(loaded.reduce((sum, [, { gzipped }]) => sum + gzipped.length, 0)).toBeLessThan(80_000);
  });

  it('asks for an account where there are accounts', async () => {
    expect((await request(admin.url).get('/')).text).toContain('name="log-in" content="account"');
  });
});

describe('a listener at which no module is moved', () => {
  const guard = { canActivate: () => true };
  const listen = (routes: 'here' | undefined) =>
    openListener({ port: 0 }, { operations: { checks: [] }, guard, routes });

  it('has the page where routes of the edge are, and no page where nothing is', async () => {
    const [edge, bare] = await Promise.all([listen('here'), listen(undefined)]);
    const [page, none] = await Promise.all(
      [edge, bare].map((each) => request(each.getHttpServer()).get('/')),
    );
    await Promise.all([edge.close(), bare.close()]);
    expect(page?.text).toContain('<div id="page">');
    expect(none?.status).toBe(404);
  });
});

describe('an account', () => {
  it('begins a session that lasts as long as its token', async () => {
    const answer = await logIn(adminLogin);
    expect(answer.status).toBe(204);
    expect(cookieOf(answer)).toContain('Max-Age=3600');
    const cookie = cookieOf(answer).split(';')[0]!;
    const who = await request(admin.url).get('/session').set({ cookie });
    expect(who.body).toEqual({
      ...{ actor: adminLogin.email, role: 'admin' },
      ...{ modules: true, routes: gatewayPage },
    });
  });

  it('is refused with the reason', async () => {
    const answer = await logIn({ ...adminLogin, password: 'wrong' });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'unauthenticated',
      detail: 'the e-mail or the password is wrong',
    });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('an account that is not let in', () => {
  let server: Server;
  let reason: Error;
  let asked: () => void;
  const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  const port = () => (server.address() as AddressInfo).port;
  const ask = () => request(`http://127.0.0.1:${port()}`).post('/session').set(own).send(adminLogin);

  beforeEach(async () => {
    logged.mockClear();
    asked = () => undefined;
    const answer = pageRoutes(() => Promise.reject(reason));
    server = createServer((...of) => {
      asked();
      answer(...of, () => undefined);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => server.close());

  const wait = { retryAfterSeconds: 900 };
  const rows: { error: DomainError; status: number; detail: string; retryAfter?: string }[] = [
    {
      error: new DomainError('validation_failed', {}, 'email must be an email'),
      ...{ status: 400, detail: 'email must be an email' },
    },
    { error: new DomainError('unauthenticated'), status: 401, detail: 'the e-mail or the password is wrong' },
    {
      error: new DomainError('rate_limited', wait, 'too many: try again in 900 s'),
      ...{ status: 429, detail: 'too many: try again in 900 s', retryAfter: '900' },
    },
    {
      error: new DomainError('unavailable', wait, 'hidden'),
      ...{ status: 503, detail: 'whoever knows the accounts does not answer: log in with a token' },
      retryAfter: '900',
    },
  ];
  it.each(rows)('$error is told why, and when to come again; that is no fault', async (row) => {
    reason = row.error;
    const { status, text, headers } = await ask();
    const { code, detail } = JSON.parse(text) as { code: string; detail: string };
    expect([status, code, detail]).toEqual([row.status, row.error.code, row.detail]);
    expect(headers['retry-after']).toBe(row.retryAfter);
    expect(logged).not.toHaveBeenCalled();
  });

  it('hears nothing of a fault; the log does', async () => {
    reason = new Error('no such table: hidden');
    const answer = await ask();
    expect([answer.status, answer.text]).toEqual([500, expect.not.stringContaining('hidden')]);
    expect(logged).toHaveBeenCalledWith(reason);
  });

  it('who goes away in the midst of it is no fault', async () => {
    const came = new Promise<void>((resolve) => (asked = resolve));
    const left = new Promise((resolve) => server.once('connection', (held) => held.once('close', resolve)));
    const socket = connect(port(), '127.0.0.1');
    socket.write('POST /session HTTP/1.1\r\nhost: a\r\nsec-fetch-site: same-origin\r\n');
    socket.write('content-length: 99\r\n\r\n{');
    await came;
    socket.destroy();
    await left;
    reason = new DomainError('unauthenticated');
    expect((await ask()).status).toBe(401);
    expect(logged).not.toHaveBeenCalled();
  });
});

describe('a session', () => {
  it('holds the token where no script reads it, and no other site sends it', async () => {
    const answer = await logIn({ token });
    expect(answer.status).toBe(204);
    expect(cookieOf(answer)).toMatch(/^strangler-\d+=.+; Path=\/; HttpOnly; SameSite=Strict/);
  });

  it('counts as the bearer token, for what looks and what acts', async () => {
    const cookie = await session();
    const who = await request(admin.url).get('/session').set({ cookie });
    expect(who.body).toMatchObject({ actor: expect.any(String) as string, role: 'admin' });
    expect((await request(admin.url).get('/modules').set({ cookie })).status).toBe(200);
    const act = await request(admin.url)
      .post('/modules/stock/pause')
      .set({ cookie, ...own })
      .send({});
    expect(act.status).toBe(200);
  });

  it('of a viewer looks, and does nothing', async () => {
    token = (await admin.authorization('viewer')).replace('Bearer ', '');
    const cookie = await session();
    expect((await request(admin.url).get('/modules').set({ cookie })).status).toBe(200);
    const act = await request(admin.url)
      .post('/modules/stock/pause')
      .set({ cookie, ...own })
      .send({});
    expect(act.status).toBe(403);
  });

  it('is worth nothing in a request that another page has sent', async () => {
    const cookie = await session();
    const others: Record<string, string>[] = [
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://localhost:3000' },
      {},
    ];
    for (const headers of others) {
      const act = await request(admin.url)
        .post('/modules/stock/pause')
        .set({ cookie, ...headers })
        .send({});
      expect(act.status).toBe(401);
    }
  });

  it('begins and ends by the page alone', async () => {
    const others: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'http://evil.example' },
    ];
    for (const headers of others) expect((await logIn({ token }, headers)).status).toBe(403);
    const ended = await request(admin.url).delete('/session').set(own);
    expect(ended.status).toBe(204);
    expect(cookieOf(ended)).toContain('Max-Age=0');
  });

  it('is nobody’s before it has begun, and no more when its token counts no more', async () => {
    expect((await request(admin.url).get('/session')).body).toEqual({ actor: null, role: null });
    const cookie = await session();
    await admin.forgetTokens();
    expect((await request(admin.url).get('/session').set({ cookie })).status).toBe(401);
  });

  it('does not begin with what is no token and no account', async () => {
    for (const how of [{}, { token: 'a b' }, { email: adminLogin.email }, { token: 7 }])
      expect((await logIn(how)).status).toBe(400);
    const text = await request(admin.url)
      .post('/session')
      .set(own)
      .set('content-type', 'application/json')
      .send('{');
    expect(text.status).toBe(400);
    const much = await logIn({ token: 'a'.repeat(10_000) });
    expect(much.status).toBe(400);
  });
});
