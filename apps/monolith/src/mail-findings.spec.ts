import { mailGauges } from '#platform';
import { DataSource } from 'typeorm';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { mailFindings } from './mail-findings.js';

/* A mail server that is away is heard of by nobody: customers miss nothing that they know of. */
let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await freshDatabase();
  dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
  await own('monolith');
});
beforeEach(() => database.query('truncate notifications.mail'));
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** Who owns all of notifications. */
const own = (side: 'monolith' | 'extracted') =>
  database.query(
    `insert into strangler.ownership (module, side, extracted_below, home) values ('notifications', 'monolith', $1, strangler.home())
     on conflict (module) do update set extracted_below = excluded.extracted_below`,
    [side === 'monolith' ? 0 : 10_000],
  );
const mail = (status: string, minutes: number, tries = 3) =>
  database.query(
    `insert into notifications.mail (user_id, id, kind, about, recipient, subject, body, status, tries, created_at)
     values (gen_random_uuid(), gen_random_uuid(), 'welcome', gen_random_uuid(), '', '', '', $1, $2, now() - $3 * interval '1 min')`,
    [status, tries, minutes],
  );
const findings = async () => mailFindings(() => dataSource)();
const gauges = async () => {
  const read = await mailGauges(() => dataSource).read();
  const rows = read['mail_outbox_rows']!.map(({ labels, value }) => [labels?.['status'], value]);
  return { rows: Object.fromEntries(rows) as object, lag: read['mail_outbox_lag_seconds']?.[0]?.value };
};

it('mails that are sent, kept or have just been written are no matter', async () => {
  expect(await gauges()).toEqual({ rows: { due: 0, failed: 0 }, lag: 0 });
  for (const status of ['sent', 'kept', 'failed']) await mail(status, 600);
  await mail('due', 4);
  expect(await findings()).toEqual([]);
  expect(await gauges()).toMatchObject({ rows: { due: 1, failed: 1 } });
});

it('mails that wait are told of, with what has been tried', async () => {
  await mail('due', 90, 7);
  await mail('due', 1, 1);
  expect(await findings()).toMatchObject([
    {
      module: 'notifications',
      problem: '2 mails wait to be sent, the oldest for 90 min',
      meaning: expect.stringContaining('(7 times so far)') as string,
    },
  ]);
  const { rows, lag } = await gauges();
  expect(rows).toEqual({ due: 2, failed: 0 });
  expect(lag).toBeGreaterThanOrEqual(90 * 60);
});

it('nobody has tried: somebody has to be there who can', async () => {
  await mail('due', 10, 0);
  expect(await findings()).toMatchObject([
    {
      problem: '1 mail waits to be sent, the oldest for 10 min',
      meaning: expect.stringMatching(/no process .* has a mail server/) as string,
    },
  ]);
});

it('those of the other side are counted there; who is asked by an operator has a copy of them', async () => {
  await mail('due', 10);
  await own('extracted');
  expect(await gauges()).toEqual({ rows: { due: 0, failed: 0 }, lag: 0 });
  expect(await findings()).toHaveLength(1);
  await own('monolith');
});

it('a database without notifications has none', async () => {
  await database.query('alter table notifications.mail rename to gone');
  expect([await findings(), await gauges()]).toEqual([[], { rows: {}, lag: undefined }]);
  await database.query('alter table notifications.gone rename to mail');
});
