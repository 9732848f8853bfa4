import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The outbox of mails, keyed by whom they are for, and who was erased. */
export class Mails1764000000701 implements MigrationInterface {
  name = 'Mails1764000000701';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table notifications.mail (
        user_id    uuid        not null,
        id         uuid        not null,
        kind       text        not null,
        about      uuid        not null,
        recipient  text        not null,
        subject    text        not null,
        body       text        not null,
        status     text        not null check (status in ('due', 'sent', 'failed', 'kept')),
        tries      int         not null,
        -- While somebody sends it, and between two tries, this is ahead.
        due_at     timestamptz not null default clock_timestamp(),
        created_at timestamptz not null default clock_timestamp(),
        primary key (user_id, id)
      );
      create index on notifications.mail (due_at) where status = 'due';

      create table notifications.person (
        user_id uuid    primary key,
        erased  boolean not null
      );
    `);
    await runner.query(`select strangler.create_idempotency_table('notifications')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notifications.idempotency, notifications.person, notifications.mail');
  }
}
