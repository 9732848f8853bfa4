import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a gateway has heard last of where modules are served: for a start at which no monolith tells. */
export class GatewayRoutes1764000000601 implements MigrationInterface {
  name = 'GatewayRoutes1764000000601';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table gateway.routes (
        one     boolean     primary key default true check (one),
        "table" jsonb       not null,
        at      timestamptz not null default clock_timestamp()
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table gateway.routes');
  }
}
