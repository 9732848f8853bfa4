import request from 'supertest';
import { adminLogin, openAdmin, type AdminListener } from '../../../../../test/support/admin.js';
import { ScriptedOperator } from '../../../../../test/support/scripted-operator.js';

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

  it('asks for an account where there are accounts', async () => {
    expect((await request(admin.url).get('/')).text).toContain('name="log-in" content="account"');
  });
});

describe('an account', () => {
  it('begins a session that lasts as long as its token', async () => {
    const answer = await logIn(adminLogin);
    expect(answer.status).toBe(204);
    expect(cookieOf(answer)).toContain('Max-Age=3600');
    const cookie = cookieOf(answer).split(';')[0]!;
    const who = await request(admin.url).get('/session').set({ cookie });
    expect(who.body).toEqual({ actor: adminLogin.email, role: 'admin' });
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

describe('a session', () => {
  it('holds the token where no script reads it, and no other site sends it', async () => {
    const answer = await logIn({ token });
    expect(answer.status).toBe(204);
    expect(cookieOf(answer)).toMatch(/^strangler-\d+=.+; Path=\/; HttpOnly; SameSite=Strict/);
  });

  it('counts as the bearer token, for what looks and what acts', async () => {
    const cookie = await session();
    const who = await request(admin.url).get('/session').set({ cookie });
    expect(who.body).toEqual({ actor: expect.any(String) as string, role: 'admin' });
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
