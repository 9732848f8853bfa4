import { MigrationInterface, QueryRunner } from 'typeorm';

export class Sessions1710316800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE sessions (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        token_hash varchar(64) NOT NULL UNIQUE,
        user_agent varchar(300),
        ip_address varchar(45),
        remembered boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz
      )
    `);
    await queryRunner.query(`CREATE INDEX ix_sessions_user ON sessions (user_id)`);
    await queryRunner.query(`ALTER TABLE users ADD last_login_at timestamptz`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE users DROP last_login_at`);
    await queryRunner.query(`DROP TABLE sessions`);
  }
}
