import { users, type ImportUser, type Register } from '#contracts';
import { UsersModule } from '#domain/users';
import type { Port } from '#strangler';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { randomBytes, randomUUID } from 'node:crypto';
import { outcomes } from '../../../../test/support/failure.js';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';
import { freshDatabase } from '../../../../test/support/postgres.js';

let modules: RunningModules;
let port: Port<typeof users>;

beforeAll(async () => {
  modules = await startModules([UsersModule]);
  port = modules.port(users);
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => modules.stop());

const email = () => `ada.${randomBytes(6).toString('hex')}@example.com`;
const someone = (): Register => ({
  id: randomUUID(),
  email: email(),
  name: 'Ada',
  password: 'correct horse',
});

const stranger = (): ImportUser => ({
  id: randomUUID(),
  email: email(),
  name: 'Grace',
  role: 'user',
  profile: {},
  passwordHash:
    '$argon2id$v=19$m=19456,t=2,p=1$jxjjujjJTd6VwKsuujuo0A$EzSwFRxI0PDFHzR+5Kqf3lEeiNvesRb3nulwpguLJXw',
});

const accountsWith = async (address: string): Promise<number> =>
  (await modules.database.query('select from users.account where lower(email) = $1', [address])).length;

describe('an e-mail that several want at once', () => {
  /** An error of the unique index would abort the transaction; the index is the last defence, not the way. */
  let failures: jest.SpyInstance;
  beforeEach(() => (failures = jest.spyOn(modules.dataSource.logger, 'logQueryError')));
  afterEach(() => expect(failures).not.toHaveBeenCalled());

  // Imported: a registration computes a hash first, which would spread the 20 over time.
  test('goes to one of 20 who come with it', async () => {
    const wanted = email();
    const calls = Array.from({ length: 20 }, () => port.importUser({ ...stranger(), email: wanted }));
    expect(await outcomes(calls)).toEqual({ ok: 1, email_taken: 19 });
    expect(await accountsWith(wanted)).toBe(1);
  });

  test('goes to one of those who change theirs, register or are imported', async () => {
    const known = await Promise.all(Array.from({ length: 6 }, () => port.register(someone())));
    const wanted = email();
    const calls = known.flatMap(({ id }) => [
      port.updateUser({ id, email: wanted }),
      port.register({ ...someone(), email: wanted }),
      port.importUser({ ...stranger(), email: wanted }),
    ]);
    expect(await outcomes(calls)).toEqual({ ok: 1, email_taken: 17 });
    expect(await accountsWith(wanted)).toBe(1);
  });

  test('cannot be swapped by two at once, and neither waits for ever', async () => {
    const [a, b] = [await port.register(someone()), await port.register(someone())];
    const swap = [
      port.updateUser({ id: a.id, email: b.email }),
      port.updateUser({ id: b.id, email: a.email }),
    ];
    expect(await outcomes(swap)).toEqual({ email_taken: 2 });
  });
});

test('20 registrations at once under one command id make one account', async () => {
  const [input, commandId] = [someone(), randomUUID()];
  const answers = await Promise.all(Array.from({ length: 20 }, () => port.register(input, { commandId })));
  expect(new Set(answers.map((user) => JSON.stringify(user))).size).toBe(1);
  expect(await accountsWith(input.email)).toBe(1);
});

test('raw SQL cannot give an e-mail to a second account in other letters', async () => {
  const { email: taken } = await port.register(someone());
  const add = `insert into users.account (id, email, name, role, password_hash) values ($1, $2, 'Eve', 'user', '')`;
  await expect(modules.database.query(add, [randomUUID(), taken.toUpperCase()])).rejects.toThrow(
    'account_email',
  );
});

test('of the password only a hash of the stated cost is kept', async () => {
  const input = someone();
  await port.register(input);
  const [row] = await modules.database.query<{ hash: string }>(
    'select password_hash as hash from users.account where id = $1',
    [input.id],
  );
  expect(row?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('processes that start at once on an empty database sign with one key', async () => {
  const database = await freshDatabase();
  const start = () => startModules([UsersModule], { database });
  const running = await Promise.all([start(), start(), start()]);
  try {
    const [a, b] = running.map((one) => one.port(users)) as [Port<typeof users>, Port<typeof users>];
    const keys = await Promise.all(running.map((one) => one.port(users).jwks({})));
    expect(keys.map((set) => set.keys.length)).toEqual([1, 1, 1]);
    const { email: address, password } = await register(a);
    const { accessToken } = await b.authenticate({ email: address, password });
    await expect(jwtVerify(accessToken, createLocalJWKSet(keys[0]!))).resolves.toBeDefined();
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    await database.drop();
  }
});

async function register(at: Port<typeof users>): Promise<Register> {
  const input = someone();
  await at.register(input);
  return input;
}

test('a token that another key signed does not pass', async () => {
  const { email: address, password } = await register(port);
  const { accessToken } = await port.authenticate({ email: address, password });
  const stranger = await startModules([UsersModule]);
  try {
    const keys = createLocalJWKSet(await stranger.port(users).jwks({}));
    await expect(jwtVerify(accessToken, keys)).rejects.toThrow('no applicable key');
  } finally {
    await stranger.stop();
  }
});
