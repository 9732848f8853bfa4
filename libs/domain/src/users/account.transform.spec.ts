import { migrate } from '#platform';
import fc from 'fast-check';
import pg from 'pg';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { SplitNameAccount } from './account.entity.js';
import { accountTransform } from './account.transform.js';

/* What goes to the other side comes back as it was, byte for byte: else every rollback would change customers' names. */
let databases: TestDatabase[];
let monolith: pg.Client;
let extracted: pg.Client;

beforeAll(async () => {
  databases = [await freshDatabase(), await freshDatabase()];
  const [url = '', ownUrl = ''] = databases.map((database) => database.url);
  await migrate(ownUrl, ['users'], 'extracted');
  [monolith, extracted] = [url, ownUrl].map((at) => new pg.Client({ connectionString: at })) as [
    pg.Client,
    pg.Client,
  ];
  await monolith.connect();
  await extracted.connect();
});
afterAll(async () => {
  await monolith.end();
  await extracted.end();
  for (const database of databases) await database.drop();
});

type Row = Record<string, string | null>;
type Columns = Readonly<Record<string, string>>;

/** What names are made of: anything that PostgreSQL keeps, spaces and what must be escaped more often than chance. */
const character = fc.oneof(
  fc.constantFrom(' ', '  ', '\\', '"', "'", '\t', '\n', '\u00a0', '%', ',', '(', '{', 'e\u0301'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((unit) => unit !== '\0'),
);
const text = fc.string({ unit: character, maxLength: 12 });
const micros = fc.integer({ min: 0, max: 999_999 }).map((n) => String(n).padStart(6, '0'));

const same = {
  id: fc.uuid(),
  email: fc.uuid(),
  role: fc.constantFrom('user', 'viewer', 'admin'),
  session_version: fc.nat().map(String),
  profile: fc
    .record({ country: text, born: fc.double({ noNaN: true, noDefaultInfinity: true }) })
    .map((profile) => JSON.stringify(profile)),
  password_hash: text,
  created_at: micros.map((fraction) => `2010-12-01T08:26:00.${fraction}Z`),
};
const whole = fc.record<Row>({ ...same, name: text });
const split = fc.record<Row>({
  ...same,
  first_name: text.map((name) => name.replaceAll(' ', '')),
  last_name: fc.option(text),
});

/** Puts rows into the table as the other side does: JSON read by PostgreSQL. */
const write = async (to: pg.Client, rows: readonly string[]): Promise<void> => {
  await to.query(
    `insert into users.account select r.* from unnest($1::text[]) row, json_populate_record(null::users.account, row::json) r`,
    [rows],
  );
};

async function carry(from: pg.Client, to: pg.Client, columns: Columns): Promise<void> {
  const list = Object.entries(columns).map(([column, sql]) => `${sql} as ${column}`);
  const { rows } = await from.query<{ row: string }>(
    `select row_to_json(r)::text as row from (select ${list.join(', ')} from users.account t) r`,
  );
  await to.query('delete from users.account');
  await write(
    to,
    rows.map(({ row }) => row),
  );
}

async function images(of: pg.Client): Promise<string[]> {
  const { rows } = await of.query<{ image: string }>(
    'select t::text as image from users.account t order by id',
  );
  return rows.map(({ image }) => image);
}

const { toExtracted, toMonolith } = accountTransform;

test.each([
  ['the monolith', whole, toExtracted, toMonolith, () => [monolith, extracted] as const],
  ['the service', split, toMonolith, toExtracted, () => [extracted, monolith] as const],
])('any row of %s comes back from the other side as it was', async (_side, row, there, back, sides) => {
  const [home, away] = sides();
  const different = { minLength: 1, maxLength: 20, selector: ({ id }: Row) => id };
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(row, different), async (rows) => {
      await home.query('delete from users.account');
      await write(
        home,
        rows.map((one) => JSON.stringify({ ...one, profile: JSON.parse(one.profile as string) as unknown })),
      );
      const before = await images(home);
      await carry(home, away, there);
      await carry(away, home, back);
      expect(await images(home)).toEqual(before);
    }),
    { numRuns: 30 },
  );
});

test('the split is the one that the service makes', async () => {
  const names = ['Ada', 'Ada King', 'Ada King Noel', ' Ada', 'Ada ', '', ' ', '\\ \\'];
  for (const [i, name] of names.entries()) {
    const row = {
      id: `00000000-0000-4000-8000-00000000000${i}`,
      email: `${i}`,
      name,
      role: 'user',
      session_version: 0,
    };
    await monolith.query('delete from users.account');
    await write(monolith, [JSON.stringify({ ...row, profile: {}, password_hash: '', created_at: 'now' })]);
    await carry(monolith, extracted, toExtracted);
    const { rows } = await extracted.query<{ first: string; last: string | null }>(
      'select first_name as first, last_name as last from users.account',
    );
    const account = Object.assign(new SplitNameAccount(), { name });
    expect(rows[0]).toEqual({ first: account.firstName, last: account.lastName });
  }
});
