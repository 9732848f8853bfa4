import { users, type ImportUser, type Register } from '#contracts';
import { ExtractedUsersModule, UsersModule } from '#domain/users';
import { migrate } from '#platform';
import { admissions, type Port } from 'nestjs-strangler';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { randomBytes, randomUUID } from 'node:crypto';
import { outcomes } from '../../../../test/support/failure.js';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';

/** The module as the monolith has it, and as a service of its own. */
const forms = [
  { form: 'a name in one column', module: UsersModule, side: 'monolith', nameColumn: 'name' },
  { form: 'a split name', module: ExtractedUsersModule, side: 'extracted', nameColumn: 'first_name' },
] as const;

describe.each(forms)('on a table with $form', ({ module, side, nameColumn }) => {
  let database: TestDatabase;
  let modules: RunningModules;
  let port: Port<typeof users>;

  beforeAll(async () => {
    database = await freshDatabase();
    await migrate(database.url, ['users'], side);
    modules = await startModules([module], { database });
    port = modules.port(users);
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await modules.stop();
    await database.drop();
  });

  const accountsWith = async (address: string): Promise<number> =>
    (await database.query('select from users.account where lower(email) = $1', [address])).length;

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

  test('16 registrations at once under one command id make one account', async () => {
    const [input, commandId] = [someone(), randomUUID()];
    const calls = Array.from({ length: 16 }, () => port.register(input, { commandId }));
    expect(new Set((await Promise.all(calls)).map((user) => JSON.stringify(user))).size).toBe(1);
    expect(await accountsWith(input.email)).toBe(1);
  });

  test('of 100 who log in or register at once, two passwords are hashed at a time; who cannot wait is told to come again', async () => {
    const known = await register(port);
    const calls = Array.from({ length: 100 }, (_, i) =>
      i % 2 ? port.register(someone()) : port.authenticate({ email: known.email, password: known.password }),
    );
    const { ok, unavailable, ...others } = await outcomes(calls);
    expect([ok! + unavailable!, others]).toEqual([100, {}]);
    // Two at a time, and 16 who wait.
    expect(ok).toBeGreaterThanOrEqual(18);
    expect(admissions()['password hashes']).toMatchObject({ mostRunning: 2, running: 0, waiting: 0 });
  });

  test.each([
    'Ada',
    'Ada Lovelace',
    ' Ada',
    'Ada ',
    'Ada  King  Noel',
    ' ',
    'Ada\tKing',
    '\\ "\'',
    '艾达 😀',
  ])('the name "%s" is answered as it was given, made and changed', async (name) => {
    const made = await port.register({ ...someone(), name });
    expect(made.name).toBe(name);
    expect(await port.getUser({ id: made.id })).toEqual(made);
    const { id } = await port.register(someone());
    expect(await port.updateUser({ id, name })).toMatchObject({ id, name });
    expect(await port.getUser({ id })).toMatchObject({ id, name });
    const { items } = await port.listUsers({ limit: 100 });
    expect(items).toContainEqual(made);
  });

  test('raw SQL cannot give an e-mail to a second account in other letters', async () => {
    const { email: taken } = await port.register(someone());
    const add = `insert into users.account (id, email, ${nameColumn}, role, password_hash) values ($1, $2, 'Eve', 'user', '')`;
    await expect(database.query(add, [randomUUID(), taken.toUpperCase()])).rejects.toThrow('account_email');
  });

  test('of the password only a hash of the stated cost is kept', async () => {
    const input = someone();
    await port.register(input);
    const [row] = await database.query<{ hash: string }>(
      'select password_hash as hash from users.account where id = $1',
      [input.id],
    );
    expect(row?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test('a token that another key signed does not pass', async () => {
    const { email: address, password } = await register(port);
    const { accessToken } = await port.authenticate({ email: address, password });
    const other = await startModules([UsersModule]);
    try {
      await other.port(users).importUser(stranger());
      const keys = createLocalJWKSet(await other.port(users).jwks({}));
      await expect(jwtVerify(accessToken, keys)).rejects.toThrow('no applicable key');
    } finally {
      await other.stop();
    }
  });
});

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

async function register(at: Port<typeof users>): Promise<Register> {
  const input = someone();
  await at.register(input);
  return input;
}
