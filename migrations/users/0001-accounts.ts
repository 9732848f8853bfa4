import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People who can log in, and the keys that sign their tokens. The module has one owner as a whole. */
export class Accounts1764000000101 implements MigrationInterface {
  name = 'Accounts1764000000101';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table users.account (
        id            uuid  primary key,
        email         text  not null,
        name          text  not null,
        role          text  not null check (role in ('user', 'admin')),
        profile       jsonb not null default '{}',
        -- PHC string of argon2id.
        password_hash text  not null,
        created_at    timestamptz not null default now()
      );
      create unique index account_email on users.account (lower(email));

      create table users.signing_key (
        kid         text    primary key,
        private_jwk jsonb   not null,
        -- New tokens are signed with the active key; the others stay published for tokens that are still about.
        active      boolean not null,
        created_at  timestamptz not null default now()
      );
      create unique index one_active_signing_key on users.signing_key (active) where active;
    `);
    await runner.query(`select strangler.create_idempotency_table('users')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table users.idempotency, users.signing_key, users.account');
  }
}
