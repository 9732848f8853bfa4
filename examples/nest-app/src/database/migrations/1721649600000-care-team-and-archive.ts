import { MigrationInterface, QueryRunner } from 'typeorm';

export class CareTeamAndArchive1721649600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE patient_care_team (
        patient_id integer NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
        practitioner_id integer NOT NULL REFERENCES practitioners (id) ON DELETE CASCADE,
        PRIMARY KEY (patient_id, practitioner_id)
      )
    `);
    await queryRunner.query(
      `CREATE INDEX ix_patient_care_team_practitioner ON patient_care_team (practitioner_id)`,
    );
    await queryRunner.query(`
      INSERT INTO patient_care_team (patient_id, practitioner_id)
      SELECT id, primary_practitioner_id FROM patients WHERE primary_practitioner_id IS NOT NULL
    `);
    await queryRunner.query(`ALTER TABLE patients ADD deleted_at timestamptz`);
    await queryRunner.query(`ALTER TABLE patients DROP CONSTRAINT uq_patients_email`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX uq_patients_email ON patients (email) WHERE deleted_at IS NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX uq_patients_email`);
    await queryRunner.query(`DELETE FROM patients WHERE deleted_at IS NOT NULL`);
    await queryRunner.query(`ALTER TABLE patients ADD CONSTRAINT uq_patients_email UNIQUE (email)`);
    await queryRunner.query(`ALTER TABLE patients DROP deleted_at`);
    await queryRunner.query(`DROP TABLE patient_care_team`);
  }
}
