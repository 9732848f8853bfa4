import { MigrationInterface, QueryRunner } from 'typeorm';

export class Users1694508000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TYPE user_role AS ENUM ('admin', 'reception', 'practitioner')`);
    await queryRunner.query(`
      CREATE TABLE users (
        id serial PRIMARY KEY,
        email varchar(254) NOT NULL CONSTRAINT uq_users_email UNIQUE,
        password_hash varchar NOT NULL,
        full_name varchar(120) NOT NULL,
        role user_role NOT NULL DEFAULT 'reception',
        active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE users`);
    await queryRunner.query(`DROP TYPE user_role`);
  }
}
