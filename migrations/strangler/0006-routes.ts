import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the routers are told of each module (control/route-board.ts): every process of the monolith reads it here. */
export class Routes1764000000006 implements MigrationInterface {
  name = 'Routes1764000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table strangler.route (module text primary key, entry jsonb not null)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table strangler.route');
  }
}
