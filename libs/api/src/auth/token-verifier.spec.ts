import { UnavailableError } from 'nestjs-strangler/contract';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import type { UsersPort } from '../ports.js';
import { ann, claimsOf, edge, signingKey, type SigningKey } from '../testing/edge.js';
import { outcomes } from '../../../../test/support/failure.js';
import { until } from '../../../../test/support/until.js';
import { TokenVerifier } from './token-verifier.js';
import { UserKeys } from './user-keys.js';

/** A users module of which only the keys are asked for. */
function usersWith(keys: SigningKey[]) {
  const module = { keys, asked: 0, away: false };
  const jwks = async () => {
    module.asked++;
    if (module.away) throw new UnavailableError('users', 'gone');
    return { keys: module.keys.map(({ jwk }) => jwk) };
  };
  const getSession = async ({ id }: { id: string }) => ({ id, role: 'admin', version: 0 });
  return { module, port: { jwks, getSession } as unknown as UsersPort };
}

const patience = { longestUnaskedMs: 60_000 };

/** Time goes by the test's clock; what is asked is asked in truth. */
function setClock(): void {
  const everything = ['setImmediate', 'setTimeout', 'nextTick', 'queueMicrotask', 'clearTimeout'] as const;
  jest.useFakeTimers({ doNotFake: [...everything] });
}

describe('keys of the users module', () => {
  it('are asked for once, however many come at the same time', async () => {
    const key = await signingKey();
    const { module, port } = usersWith([key]);
    const verifier = TokenVerifier.ofUsers(port);
    const token = await key.sign(claimsOf(ann));
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)));
    expect(await verifier.verify(token)).toEqual({ id: ann, role: 'user', session: 0 });
    expect(module.asked).toBe(1);
  });

  it('a key made later is found; made-up key ids do not cost a call each', async () => {
    const [first, second] = [await signingKey('first'), await signingKey('second')];
    const { module, port } = usersWith([first]);
    const hasty = new UserKeys(port, { ...patience, coolDownMs: 0, maxAgeMs: 60_000 });
    const calm = new UserKeys(port, { ...patience, coolDownMs: 100, maxAgeMs: 60_000 });
    const header = (kid: string) => ({ alg: 'ES256', kid });
    await Promise.all([hasty.find(header('first')), calm.find(header('first'))]);
    module.keys = [first, second];
    expect(await hasty.find(header('second'))).toBeDefined();
    const asked = module.asked;
    const madeUp = Array.from({ length: 20 }, (_, i) => calm.find(header(`made-up-${i}`)));
    expect(await outcomes(madeUp)).toEqual({ ERR_JWKS_NO_MATCHING_KEY: 20 });
    expect(module.asked).toBe(asked + 1);
    expect(await calm.find(header('second'))).toBeDefined();
  });

  it('stay in use while the module is away', async () => {
    const { module, port } = usersWith([await signingKey()]);
    const keys = new UserKeys(port, { ...patience, coolDownMs: 60_000, maxAgeMs: 0 });
    await keys.find({ alg: 'ES256', kid: 'first' });
    module.away = true;
    expect(await keys.find({ alg: 'ES256', kid: 'first' })).toBeDefined();
    expect(module.asked).toBe(2);
  });

  it('end once the module has been away for longer than a token lasts', async () => {
    const { module, port } = usersWith([await signingKey()]);
    const keys = new UserKeys(port, { coolDownMs: 0, maxAgeMs: 0, longestUnaskedMs: 0 });
    await keys.find({ alg: 'ES256', kid: 'first' });
    module.away = true;
    await expect(keys.find({ alg: 'ES256', kid: 'first' })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('a withdrawn key ends', async () => {
    const { module, port } = usersWith([await signingKey()]);
    const keys = new UserKeys(port, { ...patience, coolDownMs: 0, maxAgeMs: 0 });
    await keys.find({ alg: 'ES256', kid: 'first' });
    module.keys = [await signingKey('second')];
    await expect(keys.find({ alg: 'ES256', kid: 'first' })).rejects.toThrow();
  });

  it('a token that was good a moment ago is remembered until its time is over, or keys or sessions have to be asked for', async () => {
    setClock();
    const [first, second] = [await signingKey('first'), await signingKey('second')];
    const { module, port } = usersWith([first]);
    const verifier = TokenVerifier.ofUsers(port);
    const [now, in3s] = [Math.floor(Date.now() / 1_000), (s: number) => ({ ...claimsOf(ann), exp: s + 3 })];
    const [brief, long] = [await first.sign(in3s(now)), await first.sign(claimsOf(ann))];
    const known = (token: string) => verifier.remembered(token)?.id;
    expect(known(long)).toBeUndefined();
    for (const token of [brief, brief, long, long]) await verifier.verify(token);
    expect([known(brief), known(long), known(`${long}x`)]).toEqual([ann, ann, undefined]);
    jest.advanceTimersByTime(4_000);
    expect([known(brief), known(long)]).toEqual([undefined, ann]);
    await expect(verifier.verify(brief)).rejects.toMatchObject({ code: 'unauthenticated' });
    jest.advanceTimersByTime(2_000);
    expect(known(long)).toBeUndefined();
    await verifier.verify(long);
    expect(known(long)).toBe(ann);
    module.keys = [second];
    jest.advanceTimersByTime(6_000);
    // Also once the new keys are there.
    for (let i = 0; i < 2; i++)
      await expect(verifier.verify(long)).rejects.toMatchObject({ code: 'unauthenticated' });
    jest.useRealTimers();
  });

  it('are no way in for other algorithms', async () => {
    const key = await signingKey('first', 'RS256');
    const verifier = TokenVerifier.ofUsers(usersWith([key]).port);
    const refused = verifier.verify(await key.sign(claimsOf(ann)));
    await expect(refused).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('an outside identity provider', () => {
  let server: Server;
  let identity: { jwksUrl: string; issuer: string; audience: string };
  let keys: SigningKey[];
  let published: readonly SigningKey[];
  let asked = 0;
  let away = false;
  let nonsense = false;

  beforeAll(async () => {
    keys = [
      await signingKey('rsa', 'RS256'),
      await signingKey('ec', 'ES256'),
      await signingKey('pss', 'PS256'),
    ];
    published = keys;
    server = createServer((_request, response) => {
      asked++;
      response.statusCode = away ? 503 : 200;
      if (nonsense) return void response.end('<html>');
      response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    identity = { jwksUrl: `http://127.0.0.1:${port}/jwks`, issuer: 'https://idp.example', audience: 'shop' };
  });
  afterAll(() => void server.close());

  const outside = { iss: 'https://idp.example', aud: 'shop' };
  const sign = (index: number, claims: object) =>
    (keys[index] as SigningKey).sign({ ...claimsOf(ann), ...outside, ...claims });

  it('is believed, with RSA and with elliptic curves', async () => {
    const verifier = TokenVerifier.of(identity);
    expect(await verifier.verify(await sign(0, {}))).toEqual({ id: ann, role: 'user', session: 0 });
    expect(await verifier.verify(await sign(1, { roles: ['admin'] }))).toEqual({
      id: ann,
      role: 'admin',
      session: 0,
    });
  });

  it.each([
    ['an algorithm that is not allowed', 2, {}],
    ['a token that it made for another service', 0, { aud: 'bank' }],
    ['a token in the name of another provider', 0, { iss: 'strangler-shop' }],
  ])('is not believed with %s', async (_what, index, claims) => {
    const refused = TokenVerifier.of(identity).verify(await sign(index, claims));
    await expect(refused).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('replaces the users module: its tokens open the shop, ours do not', async () => {
    const own = await signingKey();
    const users = { jwks: async () => ({ keys: [own.jwk] }) };
    const orders = { listOrders: async () => ({ items: [] }) };
    const { app, server } = await edge({ users, orders }, { identity });
    const status = async (token: string) =>
      (await request(server).get('/api/v1/orders').set('Authorization', `Bearer ${token}`)).status;
    expect(await status(await sign(0, {}))).toBe(200);
    expect(await status(await own.sign(claimsOf(ann)))).toBe(401);
    await app.close();
  });

  it('replaces its keys: a new one opens the shop, one that is gone does not, and made-up names cost it no question each', async () => {
    const verifier = TokenVerifier.of(identity);
    setClock();
    const lasting = { exp: Math.floor(Date.now() / 1_000) + 9_999 };
    const madeUp = async () => {
      const tokens = Array.from({ length: 20 }, async (_, i) =>
        (await signingKey(`made-up-${i}`)).sign({ ...claimsOf(ann), ...outside, ...lasting }),
      );
      return outcomes((await Promise.all(tokens)).map((token) => verifier.verify(token)));
    };
    asked = 0;
    const first = await sign(0, lasting);
    await verifier.verify(first);
    expect(await madeUp()).toEqual({ unauthenticated: 20 });
    expect(asked).toBe(1);
    // Not kept the first time: the keys were fetched meanwhile.
    for (let again = 0; again < 2; again++) await verifier.verify(first);
    expect(verifier.figures).toEqual({ known: 1, verified: 2, refused: 20 });
    const later = await signingKey('later');
    const anew = await later.sign({ ...claimsOf(ann), ...outside, ...lasting });
    published = [...keys.slice(1), later];
    jest.advanceTimersByTime(6_000);
    expect(await verifier.verify(anew)).toMatchObject({ id: ann });
    expect(await madeUp()).toEqual({ unauthenticated: 20 });
    expect(asked).toBe(2);
    await expect(verifier.verify(await sign(0, lasting))).rejects.toMatchObject({ code: 'unauthenticated' });
    jest.useRealTimers();
    published = keys;
  });

  it('that cannot be reached makes a token neither good nor bad', async () => {
    const nobody = TokenVerifier.of({ ...identity, jwksUrl: 'http://127.0.0.1:1/jwks' });
    await expect(nobody.verify(await sign(0, {}))).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    ['it is gone, and nobody has come for long', 3_000_000, false],
    ['an answer that was no set of keys was not taken for one', 612_000, true],
  ])('withdraws a key: %s', async (_what, ms, first) => {
    setClock();
    const verifier = TokenVerifier.of(identity);
    const token = await sign(0, { exp: Math.floor(Date.now() / 1_000) + 99_999 });
    await verifier.verify(token);
    published = keys.slice(1);
    if (first) {
      nonsense = true;
      jest.advanceTimersByTime(600_000);
      await verifier.verify(token);
      nonsense = false;
    }
    jest.advanceTimersByTime(ms - (first ? 600_000 : 0));
    const refused = outcomes([verifier.verify(token), verifier.verify(token)]);
    expect(await refused).toEqual({ unauthenticated: 2 });
    published = keys;
    jest.useRealTimers();
  });

  it('that goes away turns nobody away for an hour, is asked once in 5 s at most, and is believed no longer after it', async () => {
    setClock();
    const verifier = TokenVerifier.of(identity);
    const token = await sign(0, { exp: Math.floor(Date.now() / 1_000) + 99_999 });
    const verdicts = (count: number) => outcomes(Array.from({ length: count }, () => verifier.verify(token)));
    const questionOver = () =>
      until('no question is under way', () => (verifier.remembered(token) ? true : undefined));
    // Not kept the first time: the keys were fetched meanwhile.
    for (let again = 0; again < 2; again++) await verifier.verify(token);
    [asked, away] = [0, true];
    for (const [ms, questions] of [
      [601_000, 1],
      [4_000, 1],
      [2_000, 2],
    ] as const) {
      jest.advanceTimersByTime(ms);
      expect(await verdicts(20)).toEqual({ ok: 20 });
      await questionOver();
      expect(asked).toBe(questions);
    }
    // Those who are sent by their token go the same way as before.
    expect(await verifier.holderOf(token)).toBe(ann);
    jest.advanceTimersByTime(2_980_000);
    expect(await verdicts(20)).toEqual({ ok: 20 });
    await questionOver();
    jest.advanceTimersByTime(20_000);
    expect(await verdicts(20)).toEqual({ unavailable: 20 });
    away = false;
    jest.advanceTimersByTime(1_000);
    expect(await verdicts(20)).toEqual({ ok: 20 });
    jest.useRealTimers();
  });
});
