import { tokenAudience, tokenIssuer, users, type Register } from '#contracts';
import type { Port } from 'nestjs-strangler';
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose';
import { randomBytes, randomUUID } from 'node:crypto';
import { refusal } from '../support/failure.js';
import type { ContractRunner, RunningPorts } from './runners.js';

/** argon2id of "correct horse", as another shop may have kept it: less costly than ours. */
const importedHash =
  '$argon2id$v=19$m=8192,t=1,p=1$um52Cm0WJuLl6lndJshmiQ$r8P8Gh1IoDJ+7/PJE5MUnhiM7R5XURYce67MP48b618';

/** What callers of the users may rely on, wherever they are served. */
export function usersContract(runner: ContractRunner): void {
  let running: RunningPorts;
  let port: Port<typeof users>;

  beforeAll(async () => {
    running = await runner.start(['users']);
    port = running.port(users);
  });
  afterAll(() => running.stop());

  const password = 'correct horse';
  const email = () => `ada.${randomBytes(6).toString('hex')}@example.com`;
  const someone = (): Register => ({ id: randomUUID(), email: email(), name: 'Ada Lovelace', password });

  describe('registering', () => {
    test('makes a user of role user, without a password in sight', async () => {
      const { password: _secret, ...known } = someone();
      const user = await port.register({ ...known, password });
      expect(user).toEqual({ ...known, role: 'user', profile: {}, createdAt: expect.any(String) as string });
      expect(user.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);
      expect(await port.getUser({ id: user.id })).toEqual(user);
    });

    test('several users at once, those that there are', async () => {
      const known = [await port.register(someone()), await port.register(someone())];
      const asked = [...known, { id: randomUUID() }].map(({ id }) => ({ id }));
      const { items } = await port.getUsers({ users: asked });
      expect(items).toHaveLength(2);
      expect(items).toEqual(expect.arrayContaining(known));
    });

    test('an e-mail that is taken is refused, in whatever case it is written', async () => {
      const first = someone();
      await port.register(first);
      const second = { ...someone(), email: first.email.toUpperCase() };
      expect(await refusal(port.register(second))).toMatchObject({ code: 'email_taken' });
      expect(await refusal(port.getUser({ id: second.id }))).toMatchObject({ code: 'not_found' });
    });

    test('twice under one command id makes one user', async () => {
      const [input, commandId] = [someone(), randomUUID()];
      const user = await port.register(input, { commandId });
      expect(await port.register(input, { commandId })).toEqual(user);
      expect(await refusal(port.register({ ...input, name: 'Eve' }, { commandId }))).toMatchObject({
        code: 'idempotency_key_reused',
      });
    });

    test.each([
      ['a short password', { password: 'short' }],
      ['an e-mail that is none', { email: 'ada' }],
      ['no name', { name: '' }],
      ['a role of one’s own choice', { role: 'admin' }],
      ['a password that everybody tries first', { password: 'Password123' }],
      ['a password of spaces', { password: '        ' }],
    ])('with %s is validation_failed', async (_what, wrong) => {
      expect(await refusal(port.register({ ...someone(), ...wrong }))).toMatchObject({
        code: 'validation_failed',
      });
    });
  });

  describe('importing', () => {
    const imported = () => ({
      id: randomUUID(),
      email: email(),
      name: 'Grace Hopper',
      role: 'admin' as const,
      profile: { country: 'United Kingdom' },
      passwordHash: importedHash,
    });

    test('keeps the role, the profile and the password behind the hash', async () => {
      const { passwordHash, ...known } = imported();
      const user = await port.importUser({ ...known, passwordHash });
      expect(user).toEqual({ ...known, createdAt: user.createdAt });
      expect(await port.authenticate({ email: known.email, password })).toMatchObject({ expiresIn: 3_600 });
    });

    test('an e-mail that is taken is refused', async () => {
      const first = imported();
      await port.importUser(first);
      expect(await refusal(port.importUser({ ...imported(), email: first.email }))).toMatchObject({
        code: 'email_taken',
      });
    });

    test('a hash that nobody could log in with is refused', async () => {
      const input = { ...imported(), passwordHash: 'plain text' };
      expect(await refusal(port.importUser(input))).toMatchObject({ code: 'validation_failed' });
    });
  });

  describe('logging in', () => {
    test('gives a token that the published keys verify and that says who it is', async () => {
      const { id, ...known } = someone();
      await port.register({ id, ...known });
      const { accessToken, expiresIn } = await port.authenticate({
        email: known.email.toUpperCase(),
        password,
      });
      const keys = await port.jwks({});
      const { payload, protectedHeader } = await jwtVerify(accessToken, createLocalJWKSet(keys), {
        issuer: tokenIssuer,
        audience: tokenAudience,
        algorithms: ['ES256'],
      });
      expect(payload).toMatchObject({ sub: id, role: 'user' });
      expect(payload.exp! - payload.iat!).toBe(expiresIn);
      expect(keys.keys.map((key) => key.kid)).toContain(protectedHeader.kid);
    });

    test('with a wrong password or an unknown e-mail is refused in the same words', async () => {
      const known = someone();
      await port.register(known);
      const wrong = await refusal(port.authenticate({ email: known.email, password: 'incorrect horse' }));
      expect(wrong.code).toBe('unauthenticated');
      expect(await refusal(port.authenticate({ email: email(), password }))).toEqual(wrong);
    });

    test('shows no private part of a key', async () => {
      const { keys } = await port.jwks({});
      expect(keys.length).toBeGreaterThan(0);
      for (const key of keys) {
        expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      }
    });
  });

  describe('changing a user', () => {
    test('changes the name, the e-mail or both, and nothing when neither is given', async () => {
      const user = await port.register(someone());
      expect(await port.updateUser({ id: user.id })).toEqual(user);
      expect(await port.updateUser({ id: user.id, name: 'Ada' })).toEqual({ ...user, name: 'Ada' });
      const both = { name: 'Countess', email: email() };
      expect(await port.updateUser({ id: user.id, ...both })).toEqual({ ...user, ...both });
      expect(await port.getUser({ id: user.id })).toEqual({ ...user, ...both });
    });

    test('to an e-mail that is taken changes nothing', async () => {
      const [other, user] = [await port.register(someone()), await port.register(someone())];
      const change = { id: user.id, name: 'Eve', email: other.email.toUpperCase() };
      expect(await refusal(port.updateUser(change))).toMatchObject({ code: 'email_taken' });
      expect(await port.getUser({ id: user.id })).toEqual(user);
    });

    test('to the e-mail that it has is no conflict', async () => {
      const user = await port.register(someone());
      expect(await port.updateUser({ id: user.id, email: user.email.toUpperCase() })).toEqual(user);
    });

    test('frees the former e-mail for others', async () => {
      const user = await port.register(someone());
      await port.updateUser({ id: user.id, email: email() });
      expect(await port.register({ ...someone(), email: user.email })).toMatchObject({ email: user.email });
    });

    test('that nobody knows is not_found', async () => {
      const id = randomUUID();
      expect(await refusal(port.updateUser({ id, name: 'Nobody' }))).toEqual({
        code: 'not_found',
        data: { id },
      });
    });
  });

  test('with a password that is wrong changes nothing; with the right one, the e-mail', async () => {
    const { id } = await port.register(someone());
    const change = { id, name: 'Eve', email: email() };
    expect(await refusal(port.updateUser({ ...change, password: 'evil horse' }))).toMatchObject({
      code: 'wrong_password',
    });
    expect(await port.getUser({ id })).toMatchObject({ name: 'Ada Lovelace' });
    expect(await port.updateUser({ ...change, password })).toMatchObject(change);
  });

  describe('changing the password', () => {
    const next = 'battery staple';

    test('ends the old one and the sessions; a repeated command is answered as the first', async () => {
      const { id, email: address } = await port.register(someone());
      expect(await port.getSession({ id })).toEqual({ id, role: 'user', version: 0 });
      const [change, commandId] = [{ id, currentPassword: password, newPassword: next }, randomUUID()];
      const changed = await port.changePassword(change, { commandId });
      expect(await port.changePassword(change, { commandId })).toEqual(changed);
      expect(await port.getSession({ id })).toEqual({ id, role: 'user', version: 1 });
      expect(await refusal(port.authenticate({ email: address, password }))).toMatchObject({
        code: 'unauthenticated',
      });
      const { accessToken } = await port.authenticate({ email: address, password: next });
      expect(decodeJwt(accessToken)).toMatchObject({ sub: id, sv: 1 });
    });

    test.each([
      ['a wrong present one', { currentPassword: 'evil horse' }, 'wrong_password'],
      ['a common new one', { newPassword: 'qwertyuiop' }, 'validation_failed'],
      ['a user that nobody knows', { id: randomUUID() }, 'not_found'],
    ])('with %s is refused', async (_what, wrong, code) => {
      const { id } = await port.register(someone());
      const change = { id, currentPassword: password, newPassword: next, ...wrong };
      expect(await refusal(port.changePassword(change))).toMatchObject({ code });
      expect(await port.getSession({ id })).toMatchObject({ version: 0 });
    });

    test('without the present one is an admin’s affair, and sets it', async () => {
      const { id, email: address } = await port.register(someone());
      await port.changePassword({ id, newPassword: next });
      expect(await port.authenticate({ email: address, password: next })).toMatchObject({ expiresIn: 3_600 });
    });
  });

  describe('giving a role', () => {
    test('ends the sessions, unless it is the role that the user has', async () => {
      const { id } = await port.register(someone());
      expect(await port.setRole({ id, role: 'viewer' })).toMatchObject({ id, role: 'viewer' });
      expect(await port.setRole({ id, role: 'viewer' })).toMatchObject({ id, role: 'viewer' });
      expect(await port.getSession({ id })).toEqual({ id, role: 'viewer', version: 1 });
      expect(await refusal(port.setRole({ id: randomUUID(), role: 'admin' }))).toMatchObject({
        code: 'not_found',
      });
    });

    test('leaves one admin: of two who take it from each other at once, one stays', async () => {
      const { items } = await port.listUsers({ limit: 200 });
      const admins = items.filter(({ role }) => role === 'admin').map(({ id }) => id);
      const ids = [...admins, (await port.register(someone())).id, (await port.register(someone())).id];
      for (const id of ids) await port.setRole({ id, role: 'admin' });
      await Promise.allSettled(ids.map((id) => port.setRole({ id, role: 'user' })));
      const now = (await port.listUsers({ limit: 200 })).items.filter(({ role }) => role === 'admin');
      expect(now).toHaveLength(1);
      expect(await refusal(port.setRole({ id: now[0]!.id, role: 'user' }))).toMatchObject({
        code: 'last_admin',
      });
    });
  });

  test('pages hold every user once, in the order of ids, and the last says so', async () => {
    const made = await Promise.all([1, 2, 3, 4, 5].map(() => port.register(someone())));
    const seen: string[] = [];
    let after: string | null | undefined;
    do {
      const { items, next } = await port.listUsers({ limit: 2, after });
      expect(items.length).toBeLessThanOrEqual(2);
      seen.push(...items.map((item) => item.id));
      after = next;
    } while (after);
    expect(after).toBeNull();
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(made.map((user) => user.id)));
  });
}
