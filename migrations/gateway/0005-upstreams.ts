import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The upstreams between which a route has been moved: what was seen of others says nothing of these. */
export class EdgeUpstreams1764000000605 implements MigrationInterface {
  name = 'EdgeUpstreams1764000000605';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- {"legacy": ["http://10.0.0.7:4000"], "new": […]}, as strangler.yaml has them; null: nobody has said so yet.
      alter table gateway.edge_routes add column upstreams jsonb;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table gateway.edge_routes drop column upstreams');
  }
}
