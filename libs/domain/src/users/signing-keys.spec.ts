import { users, type ImportUser } from '#contracts';
import { UsersModule } from '#domain/users';
import type { Port } from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import { hash } from '@node-rs/argon2';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { untilBlocked } from '../../../../test/support/blocked.js';
import { refusal } from '../../../../test/support/failure.js';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';

/* A key is a row like any other: only a command of the side that owns the module writes it. */
let database: TestDatabase;
let running: RunningModules[];
let a: Port<typeof users>;
let b: Port<typeof users>;
/** Another transaction, in the way of ours. */
let other: pg.Client;
let passwordHash: string;

const password = 'correct horse';
beforeAll(async () => (passwordHash = await hash(password, { memoryCost: 8_192, timeCost: 1 })));

beforeEach(async () => {
  database = await freshDatabase();
  running = await Promise.all([1, 2].map(() => startModules([UsersModule], { database })));
  [a, b] = running.map((one) => one.port(users)) as [Port<typeof users>, Port<typeof users>];
  other = new pg.Client({ connectionString: database.url });
  await other.connect();
});
afterEach(async () => {
  await other.end();
  await Promise.all(running.map((one) => one.stop()));
  await database.drop();
});

const someone = (): ImportUser => ({
  id: randomUUID(),
  email: `${randomUUID()}@example.com`,
  name: 'Grace',
  role: 'user',
  profile: {},
  passwordHash,
});
const keys = () => database.query<{ kid: string }>('select kid from users.signing_key');

test('a start writes none; without one, nobody is let in and no key is published', async () => {
  expect(await a.jwks({})).toEqual({ keys: [] });
  const login = { email: someone().email, password };
  expect(await refusal(a.authenticate(login))).toMatchObject({ code: 'unauthenticated' });
  expect(await keys()).toEqual([]);
});

test('the first accounts of two processes at once share one, and neither fails', async () => {
  // Both have seen that there is none before either can write one.
  await other.query('begin; lock table users.signing_key in share mode');
  const both = [a.importUser(someone()), b.importUser(someone())];
  await untilBlocked(database, 2);
  await other.query('commit');
  const [user] = await Promise.all(both);
  expect(await keys()).toHaveLength(1);
  const { accessToken } = await b.authenticate({ email: user!.email, password });
  await expect(jwtVerify(accessToken, createLocalJWKSet(await a.jwks({})))).resolves.toBeDefined();
});

test('who waits for another that fails makes it', async () => {
  await other.query(`begin; insert into users.signing_key values ('never', '{}', true)`);
  const added = a.importUser(someone());
  await untilBlocked(database, 1);
  await other.query('rollback');
  await added;
  expect(await keys()).toEqual([{ kid: expect.not.stringMatching('never') as string }]);
});

test('a command that fails leaves none behind; later accounts add no other', async () => {
  const known = someone();
  const add = `insert into users.account (id, email, name, role, password_hash) values ($1, 'eve@example.com', 'Eve', 'user', '')`;
  await database.query(add, [known.id]);
  // The id is taken: a failure that no contract declares, which the log is told of.
  Logger.overrideLogger(false);
  await expect(a.importUser(known)).rejects.toThrow('something went wrong');
  expect(await keys()).toEqual([]);
  await a.importUser(someone());
  const [first] = await keys();
  await b.importUser(someone());
  expect(await keys()).toEqual([first]);
});
