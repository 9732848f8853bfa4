import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The gateways that share this database: each says every second that it is there. */
export class GatewayMembers1764000000602 implements MigrationInterface {
  name = 'GatewayMembers1764000000602';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table gateway.members (
        -- Of a process, and made anew at each start.
        id         uuid        primary key,
        host       text        not null,
        version    text        not null,
        started_at timestamptz not null default clock_timestamp(),
        seen_at    timestamptz not null default clock_timestamp()
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table gateway.members');
  }
}
