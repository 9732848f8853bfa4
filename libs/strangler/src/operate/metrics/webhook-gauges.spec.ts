import { freshDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { Database } from '../../database/database.js';
import { webhookGauges } from './webhook-gauges.js';

let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

it('each receiver has what waits, what has failed, and for how long it fails', async () => {
  await test.query(`
    insert into strangler.webhook (name, failing_since) values ('chat', null), ('pager', now() - interval '90 s')`);
  await test.query(`
    insert into strangler.webhook_delivery (webhook, entry, failed_at) values
      ('pager', 1, now()), ('pager', 2, null), ('pager', 3, null)`);
  const read = await webhookGauges(database).read();
  const of = (chat: number, pager: unknown) => [
    { labels: { webhook: 'chat' }, value: chat },
    { labels: { webhook: 'pager' }, value: pager },
  ];
  expect(read).toEqual({
    strangler_webhook_waiting: of(0, 2),
    strangler_webhook_failed: of(0, 1),
    strangler_webhook_failing_seconds: of(0, expect.any(Number)),
  });
  const [, pager] = read['strangler_webhook_failing_seconds']!;
  expect(pager!.value).toBeGreaterThanOrEqual(90);
});
