import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Shares of a route that a person has approved (`approve:` of strangler.yaml). */
export class EdgeApprovals1764000000604 implements MigrationInterface {
  name = 'EdgeApprovals1764000000604';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- In percent; who approved them, and when, stands in the history.
      alter table gateway.edge_routes add column approved integer[] not null default '{}';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table gateway.edge_routes drop column approved');
  }
}
