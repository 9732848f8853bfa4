import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A database that was moved by dump and restore, upgraded, or made from a template, is another database: it has an id of its own from its
 * first process on. Its peer takes it for the one that it was once that one answers no more and nothing is missing (docs/adr/0035).
 */
export class Moved1764000000019 implements MigrationInterface {
  name = 'Moved1764000000019';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table strangler.database
        -- Where the id was made.
        add column home text not null default strangler.home();
      alter table strangler.ownership
        -- The id that this database had before it was moved; null: its other side knows the present one.
        add column known_as uuid;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table strangler.ownership drop known_as;
      alter table strangler.database drop home;
    `);
  }
}
