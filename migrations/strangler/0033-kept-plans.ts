import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a process that spans modules asks at its end keeps its plan for good: PostgreSQL takes one for each list of changes to be a
 * little cheaper, and makes it anew each time, which takes longer than to run it.
 */
export class KeptPlans1764000000033 implements MigrationInterface {
  name = 'KeptPlans1764000000033';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter function strangler.captured_rows(text[]) set plan_cache_mode = force_generic_plan`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter function strangler.captured_rows(text[]) reset plan_cache_mode`);
  }
}
