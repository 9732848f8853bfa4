import { openLimitPool } from '#platform';
import { users } from '#contracts';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import type { Pool } from 'pg';
import request from 'supertest';
import { outcomes, refusal } from '../../../../test/support/failure.js';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { ann, bearer, edge, signingKey } from '../testing/edge.js';
import { stopClock } from '../testing/stop-clock.js';
import { Attempts } from './attempts.js';
import { BoundedMemory } from './bounded-memory.js';
import { addressKey, keysOf } from './keys.js';
import { waitRules, waitSeconds, type WaitRule } from './wait.js';

describe('how long failures make wait', () => {
  test('some cost nothing, then each doubles the wait up to the most', () => {
    const waits = [0, 4, 5, 6, 7, 8, 15, 16, 1_000].map((failed) => waitSeconds(failed, waitRules.pair));
    expect(waits).toEqual([0, 0, 0, 1, 2, 4, 512, 900, 900]);
  });

  test('no rule makes wait longer than it says, nor less after one more failure', () => {
    const rule = fc.record<WaitRule>({
      free: fc.nat(50),
      firstS: fc.nat(60),
      mostS: fc.nat(5_000),
      forgetS: fc.nat(),
    });
    fc.assert(
      fc.property(rule, fc.nat(1_000), (one, failed) => {
        const [now, next] = [waitSeconds(failed, one), waitSeconds(failed + 1, one)];
        expect(next).toBeGreaterThanOrEqual(now);
        expect(next).toBeLessThanOrEqual(one.mostS);
      }),
    );
  });
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '8193:3512:1:2'],
  ['2001:db8:1:2::9', '8193:3512:1:2'],
  ['192.0.2.7:1111', '192.0.2.7'],
  ['[2001:db8:1:2::9]:443', '8193:3512:1:2'],
  ['[2001:db8:1:2::9]', '8193:3512:1:2'],
  ['[::ffff:192.0.2.7]:443', '192.0.2.7'],
  ['192.0.2.7:', 'unknown'],
  ['[]:80', 'unknown'],
  [undefined, 'unknown'],
  ['nonsense', 'unknown'],
])('the address %s is counted as %s', (address, key) => expect(addressKey(address)).toBe(key));

test('an account is counted under one key in whatever spelling, and no key tells it', () => {
  const keys = keysOf({ address: '192.0.2.7', account: ' Ann@shop.example' });
  expect(keys).toEqual(keysOf({ address: '192.0.2.7', account: 'ann@SHOP.example' }));
  expect(JSON.stringify(keys)).not.toMatch(/ann|192/i);
});

/** As they are, but no wait is over before the test is. */
const rules = {
  pair: { ...waitRules.pair, firstS: 600 },
  address: { ...waitRules.address, firstS: 600, mostS: 600 },
  account: { ...waitRules.account, firstS: 600, mostS: 600 },
};
beforeEach(() => void jest.spyOn(Logger.prototype, 'warn').mockReturnValue());
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe.each(['in memory', 'in the database'])('attempts that are counted %s', (where) => {
  let database: TestDatabase | undefined;
  let pools: Pool[] = [];
  let attempts: Attempts;
  let elsewhere: Attempts;

  beforeEach(async () => {
    if (where === 'in memory') return void (attempts = elsewhere = new Attempts(undefined, rules));
    database = await freshDatabase();
    pools = [openLimitPool(database.url), openLimitPool(database.url)];
    [attempts, elsewhere] = pools.map((pool) => new Attempts(pool, rules)) as [Attempts, Attempts];
  });
  afterEach(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    pools = [];
    await database?.drop();
    database = undefined;
  });

  let looked = 0;
  const wrong = () => {
    looked++;
    return Promise.reject(users.error('authenticate', 'unauthenticated'));
  };
  const right = () => Promise.resolve('in');
  const guess = async (who: { address: string; account?: string }, times: number, at = attempts) => {
    for (let i = 0; i < times; i++) await outcomes([at.make(who, wrong)]);
  };
  const ann = { address: '192.0.2.1', account: 'ann@shop.example' };

  test('after some, nothing is looked at for a while, in no process, be it right', async () => {
    await guess(ann, 6);
    const before = looked;
    expect(await refusal(elsewhere.make(ann, wrong))).toEqual({
      code: 'rate_limited',
      data: { retryAfterSeconds: expect.any(Number) as number },
    });
    expect(await refusal(elsewhere.make(ann, right))).toMatchObject({ code: 'rate_limited' });
    expect(looked).toBe(before);
  });

  test('of many at once no more are looked at than of as many in turn', async () => {
    const before = looked;
    const slowly = () => new Promise<void>(setImmediate).then(wrong);
    const ended = await outcomes(Array.from({ length: 50 }, () => attempts.make(ann, slowly)));
    expect(looked - before).toBe(6);
    // Only so many wait for each other.
    expect(ended).toEqual({ unauthenticated: 6, rate_limited: 14, unavailable: 30 });
    expect(await refusal(attempts.make(ann, right))).toMatchObject({ code: 'rate_limited' });
  });

  test('who gets in begins anew', async () => {
    await guess(ann, 5);
    expect(await attempts.make(ann, right)).toBe('in');
    await guess(ann, 5);
    expect(await attempts.make(ann, right)).toBe('in');
  });

  test('a stranger at another address makes the owner of the account not wait', async () => {
    await guess({ ...ann, address: '203.0.113.9' }, 6);
    expect(await attempts.make(ann, right)).toBe('in');
  });

  test('many addresses make others wait, but not an address from which the owner came', async () => {
    await attempts.make(ann, right);
    for (let i = 0; i < 13; i++) await guess({ ...ann, address: `203.0.113.${i}` }, 4);
    const newcomer = { ...ann, address: '198.51.100.1' };
    expect(await refusal(attempts.make(newcomer, right))).toMatchObject({ code: 'rate_limited' });
    expect(await attempts.make(ann, right)).toBe('in');
  });

  test('an address that asks who is a customer waits, whoever it asks about next', async () => {
    const taken = () => Promise.reject(users.error('register', 'email_taken'));
    for (let i = 0; i < 21; i++) await outcomes([attempts.make({ address: '192.0.2.2' }, taken)]);
    expect(await refusal(elsewhere.make({ address: '192.0.2.2' }, right))).toMatchObject({
      code: 'rate_limited',
    });
    expect(await attempts.make({ address: '192.0.2.3' }, right)).toBe('in');
  });
});

test('a database that is away counts for nothing worse than a process of its own', async () => {
  const pool = openLimitPool('postgres://nobody@127.0.0.1:1/none');
  const alone = new Attempts(pool, rules);
  const who = { address: '192.0.2.1', account: 'ann@shop.example' };
  const wrong = () => Promise.reject(users.error('authenticate', 'unauthenticated'));
  for (let i = 0; i < 6; i++)
    expect(await refusal(alone.make(who, wrong))).toMatchObject({ code: 'unauthenticated' });
  expect(await refusal(alone.make(who, wrong))).toMatchObject({ code: 'rate_limited' });
  await pool.end();
});

test('while it is away memory is bounded, and who goes on guessing stays counted whoever comes in between', async () => {
  const counts = new BoundedMemory({ keyPrefix: 'failed', points: 1, duration: 600 }, 10);
  for (let i = 0; i < 100; i++) {
    await counts.penalty('a guesser');
    await counts.penalty(`another ${i}`);
  }
  expect(counts.dump().storage).toHaveLength(10);
  expect((await counts.get('a guesser'))?.consumedPoints).toBe(100);
  // Who only waits is looked up too.
  await counts.set('waits', 1, 600);
  for (let i = 0; i < 100; i++) {
    await counts.get('waits');
    await counts.penalty(`another ${i}`);
  }
  expect(await counts.get('waits')).not.toBeNull();
});

test.each([
  ['without a proxy, what a client says of its address is not believed', 0, 429],
  ['behind one proxy, its word on the address is taken', 1, 401],
])('%s', async (_case, proxies, ofAnother) => {
  stopClock();
  const authenticate = () => Promise.reject(users.error('authenticate', 'unauthenticated'));
  const { app, server } = await edge({ users: { authenticate } }, {}, { proxies });
  const login = (n: number, forwarded: string) =>
    request(server)
      .post('/api/v1/auth/token')
      .set('X-Forwarded-For', forwarded)
      .send({ email: `ann${n}@shop.example`, password: 'a wrong password' });
  for (let n = 0; n < 24; n++) await login(n, '192.0.2.1');
  expect((await login(24, '192.0.2.2')).status).toBe(ofAnother);
  await app.close();
});

const password = 'a wrong password';
test.each([
  ['post', '/api/v1/auth/token', { email: 'ann@shop.example', password }],
  ['post', '/api/v1/users', { email: 'ann@shop.example', name: 'Ann', password }],
  ['patch', `/api/v1/users/${ann}`, { email: 'bea@shop.example', password }],
  ['patch', `/api/v2/users/${ann}`, { email: 'bea@shop.example', password }],
  ['put', `/api/v1/users/${ann}/password`, { currentPassword: password, newPassword: 'another of them' }],
] as const)('%s %s: who has guessed too often waits, and is told how long', async (method, path, body) => {
  stopClock();
  const key = await signingKey();
  const looked = jest.fn();
  const refuse = (error: Error) => () => {
    looked();
    return Promise.reject(error);
  };
  const { app, server } = await edge({
    users: {
      jwks: async () => ({ keys: [key.jwk] }),
      authenticate: refuse(users.error('authenticate', 'unauthenticated')),
      register: refuse(users.error('register', 'email_taken')),
      updateUser: refuse(users.error('updateUser', 'wrong_password')),
      changePassword: refuse(users.error('changePassword', 'wrong_password')),
    },
  });
  const authorization = await bearer(key, ann, 'user');
  const guess = () => request(server)[method](path).set({ authorization }).send(body);
  const limited = async () => {
    for (let tries = 0; tries < 30; tries++) {
      const answer = await guess();
      if (answer.status === 429) return answer;
      expect([401, 403, 409, 422]).toContain(answer.status);
    }
    throw new Error('30 guesses were looked at');
  };
  const answer = await limited();
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  const before = looked.mock.calls.length;
  expect((await guess()).status).toBe(429);
  expect(looked).toHaveBeenCalledTimes(before);
  await app.close();
});
