import { UnavailableError } from 'nestjs-strangler/contract';
import { users } from '#contracts';
import { UsersModule } from '#domain/users';
import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import request from 'supertest';
import { v7 as uuidv7 } from 'uuid';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';
import { until } from '../../../../test/support/until.js';
import type { UsersPort } from '../ports.js';
import { ann, bearer, edge, signingKey } from '../testing/edge.js';

/* The real users module behind two processes' edges: what one of them withdraws is gone at the other. */
const password = 'correct horse';

describe('a token', () => {
  let modules: RunningModules;
  let port: UsersPort;
  let away: boolean;
  let edges: Awaited<ReturnType<typeof edge>>[];

  beforeAll(async () => {
    modules = await startModules([UsersModule]);
    port = modules.port(users);
  });
  afterAll(() => modules.stop());
  beforeEach(async () => {
    away = false;
    const unless =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A) => {
        if (away) throw new UnavailableError('users', 'away');
        return call(...args);
      };
    const through = { ...port, getSession: unless(port.getSession), jwks: unless(port.jwks) };
    const orders = { listOrders: async () => ({ items: [] }), listAllOrders: async () => ({ items: [] }) };
    edges = [await edge({ users: through, orders }), await edge({ users: through, orders })];
  });
  afterEach(() => Promise.all(edges.map(({ app }) => app.close())));

  const send = (
    method: 'get' | 'put' | 'patch' | 'post',
    path: string,
    token: string,
    body?: object,
    at = 0,
  ) => request(edges[at]!.server)[method](`/api/v1/${path}`).set('Authorization', token).send(body);
  const statusAt = async (at: number, token: string) =>
    (await send('get', 'orders', token, undefined, at)).status;
  const logIn = async (email: string, secret = password) =>
    `Bearer ${(await port.authenticate({ email, password: secret })).accessToken}`;
  const someone = async (role: 'user' | 'viewer' | 'admin' = 'user') => {
    const [id, email] = [uuidv7(), `${uuidv7()}@shop.example`];
    await port.register({ id, email, name: 'Ann', password });
    if (role !== 'user') await port.setRole({ id, role });
    return { id, email, token: await logIn(email) };
  };

  test('of an old password is no more: here at once, elsewhere within seconds; the new one is let in at once', async () => {
    const { id, email, token } = await someone();
    expect([await statusAt(0, token), await statusAt(1, token)]).toEqual([200, 200]);
    const change = { currentPassword: password, newPassword: 'battery staple' };
    expect((await send('put', `users/${id}/password`, token, change)).status).toBe(200);
    expect(await statusAt(0, token)).toBe(401);
    const next = await logIn(email, 'battery staple');
    expect([await statusAt(0, next), await statusAt(1, next)]).toEqual([200, 200]);
    await until(
      'the other edge refuses the old token',
      async () => (await statusAt(1, token)) === 401 || undefined,
    );
  });

  test('of a former admin opens nothing at the next call, at no edge', async () => {
    const [root, other] = [await someone('admin'), await someone('admin')];
    expect((await send('get', 'users', other.token, undefined, 1)).status).toBe(200);
    expect((await send('put', `users/${other.id}/role`, root.token, { role: 'user' })).status).toBe(200);
    expect((await send('get', 'users', other.token, undefined, 1)).status).toBe(401);
    expect((await send('get', 'users', await logIn(other.email), undefined, 1)).status).toBe(403);
  });

  test('of a user that is no more ends', async () => {
    const { id, token } = await someone();
    await modules.database.query('delete from users.account where id = $1', [id]);
    expect(await statusAt(0, token)).toBe(401);
  });

  test('of a key that was taken out of service ends; those of a key that was only replaced run out', async () => {
    const root = await someone('admin');
    const { token } = await someone();
    expect((await send('post', 'auth/keys', token, {})).status).toBe(403);
    expect((await send('post', 'auth/keys', root.token, {})).body).toMatchObject({ keys: { length: 2 } });
    const later = await logIn(root.email);
    expect([await statusAt(0, token), await statusAt(0, later)]).toEqual([200, 200]);
    expect((await send('post', 'auth/keys', later, { endTokens: true })).body).toMatchObject({
      keys: { length: 1 },
    });
    expect(await statusAt(1, await logIn(root.email))).toBe(200);
    await until('no old token is let in', async () => (await statusAt(0, token)) === 401 || undefined);
    expect(await statusAt(0, later)).toBe(401);
  });

  test('of a customer is good while the users are away, also where it was never seen; that of an unknown admin is not', async () => {
    const [known, stranger, root] = [await someone(), await someone(), await someone('admin')];
    expect(await statusAt(0, known.token)).toBe(200);
    away = true;
    expect([await statusAt(0, known.token), await statusAt(0, stranger.token)]).toEqual([200, 200]);
    expect(await statusAt(0, root.token)).toBe(503);
  });

  test('alone does not change the e-mail, nor the password', async () => {
    const { id, email, token } = await someone();
    const change = { email: `new.${email}`, name: 'Eve' };
    const refused = await send('patch', `users/${id}`, token, change);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('password')]);
    const guessed = await send('patch', `users/${id}`, token, { ...change, password: 'a guess' });
    expect(JSON.parse(guessed.text)).toMatchObject({ status: 403, code: 'wrong_password' });
    expect((await send('patch', `users/${id}`, token, { email, name: 'Ann Lee' })).status).toBe(200);
    expect((await send('patch', `users/${id}`, token, { ...change, password })).status).toBe(200);
    expect((await send('put', `users/${id}/password`, token, { newPassword: 'battery staple' })).status).toBe(
      400,
    );
  });

  test('of an admin gives somebody else a new password without the old one', async () => {
    const [root, other] = [await someone('admin'), await someone()];
    const path = `users/${other.id}/password`;
    expect((await send('put', path, (await someone()).token, { newPassword: 'battery staple' })).status).toBe(
      403,
    );
    expect((await send('put', path, root.token, { newPassword: 'battery staple' })).status).toBe(200);
    expect(await logIn(other.email, 'battery staple')).toMatch(/^Bearer /);
  });
});

test('a token is checked while libuv’s threads are all taken, as by password hashes', async () => {
  const key = await signingKey();
  const orders = { listOrders: async () => ({ items: [] }) };
  const { app, server } = await edge({ users: { jwks: async () => ({ keys: [key.jwk] }) }, orders });
  const check = async () =>
    (
      await request(server)
        .get('/api/v1/orders')
        .set('Authorization', await token)
    ).status;
  const token = bearer(key, ann);
  expect(await check()).toBe(200);
  // Behind the hashes it would never be the first.
  await until('a check ends before any of them', async () => {
    let done = 0;
    const hashes = Array.from({ length: 4 }, async () => {
      await promisify(pbkdf2)('x', 'y', 400_000, 64, 'sha512');
      done++;
    });
    for (let i = 0; i < 3; i++) expect(await check()).toBe(200);
    const before = done;
    await Promise.all(hashes);
    return before === 0 || undefined;
  });
  await app.close();
});
