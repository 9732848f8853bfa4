import type { DataSource } from 'typeorm';
import type { ReadGauges } from './gauges.js';

/** Mails of this database that are not sent. */
export interface UnsentMails {
  /** To be sent; the oldest was written so long ago, in seconds, and one was tried so often. */
  due: number;
  oldestSeconds: number;
  tries: number;
  /** Given up. */
  failed: number;
}

type Asked = Pick<DataSource, 'query'>;

/** `undefined`: no mails are here. `of`: those of keys that this side owns, or also the copies of others. */
export async function unsentMails(database: Asked, of: 'own' | 'all'): Promise<UnsentMails | undefined> {
  const [there] = await database.query<[{ is: boolean }]>(
    `select to_regclass('notifications.mail') is not null as is`,
  );
  if (!there.is) return undefined;
  const [row] = await database.query<[UnsentMails]>(
    `select count(*) filter (where status = 'due')::float8 as due, count(*) filter (where status = 'failed')::float8 as failed,
       greatest(0, extract(epoch from clock_timestamp() - min(created_at) filter (where status = 'due')))::float8 as "oldestSeconds",
       coalesce(max(tries) filter (where status = 'due'), 0) as tries
     from (select * from notifications.mail where status = 'due' union all select * from notifications.mail where status = 'failed') m
     where $1 or strangler.owns('notifications', user_id::text)`,
    [of === 'all'],
  );
  return row;
}

/** What becomes of mails that this side is to send. A database without them has no reading. */
export const mailGauges = (database: () => Asked): ReadGauges => ({
  gauges: {
    mail_outbox_rows: {
      help: 'Mails that are to be sent (due), and that were given up (failed)',
      labels: ['status'],
    },
    mail_outbox_lag_seconds: { help: 'Age of the oldest mail that is to be sent', labels: [] },
  },
  read: async () => {
    const found = await unsentMails(database(), 'own');
    if (!found) return { mail_outbox_rows: [], mail_outbox_lag_seconds: [] };
    return {
      mail_outbox_rows: (['due', 'failed'] as const).map((status) => ({
        labels: { status },
        value: found[status],
      })),
      mail_outbox_lag_seconds: [{ value: found.oldestSeconds }],
    };
  },
});
