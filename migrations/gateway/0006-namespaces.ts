import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Gateways that share this database stand before one shop: which, says the namespace of their NATS. */
export class GatewayNamespaces1764000000606 implements MigrationInterface {
  name = 'GatewayNamespaces1764000000606';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Null: written by a release that does not say.
      alter table gateway.members add column namespace text;
      alter table gateway.routes add column namespace text;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table gateway.routes drop column namespace;
      alter table gateway.members drop column namespace;
    `);
  }
}
