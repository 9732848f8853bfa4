import type { MigrationInterface, QueryRunner } from 'typeorm';

const withValues = `'; (Failing row contains|Key) \\(.*$'`;

/** What releases before kept of people goes (docs/adr/0042-privacy.md). */
export class Privacy1764000000027 implements MigrationInterface {
  name = 'Privacy1764000000027';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Answers of both sides as they were.
      delete from strangler.mismatch;
      -- Values of rows that differ; a comparison that was under way begins anew.
      update strangler.verification set cursor = null where cursor is not null;
      -- What PostgreSQL said of rows that could not be carried over, with their values.
      update strangler.outbox set parked = regexp_replace(parked, ${withValues}, '') where parked ~ ${withValues};
      update strangler.given_up set why = regexp_replace(why, ${withValues}, '') where why ~ ${withValues};
      update strangler.relay set reason = regexp_replace(reason, ${withValues}, '') where reason ~ ${withValues};
    `);
  }

  async down(): Promise<void> {
    // What is gone is gone.
  }
}
