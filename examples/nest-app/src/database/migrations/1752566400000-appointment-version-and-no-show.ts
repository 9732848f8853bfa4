import { MigrationInterface, QueryRunner } from 'typeorm';

export class AppointmentVersionAndNoShow1752566400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TYPE appointment_status ADD VALUE IF NOT EXISTS 'no_show'`);
    await queryRunner.query(`ALTER TABLE appointments ADD version integer NOT NULL DEFAULT 1`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX uq_appointments_start ON appointments (practitioner_id, starts_at)
      WHERE status IN ('scheduled', 'checked_in')
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX uq_appointments_start`);
    await queryRunner.query(`ALTER TABLE appointments DROP version`);
  }
}
