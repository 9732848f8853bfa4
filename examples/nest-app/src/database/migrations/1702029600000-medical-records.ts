import { MigrationInterface, QueryRunner } from 'typeorm';

export class MedicalRecords1702029600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE medical_records (
        id serial PRIMARY KEY,
        appointment_id integer NOT NULL UNIQUE REFERENCES appointments (id),
        patient_id integer NOT NULL REFERENCES patients (id),
        author_id integer NOT NULL REFERENCES users (id),
        diagnosis varchar(200) NOT NULL,
        notes text NOT NULL DEFAULT '',
        follow_up_on date,
        signed_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )
    `);
    await queryRunner.query(`
      CREATE TABLE prescriptions (
        id serial PRIMARY KEY,
        record_id integer REFERENCES medical_records (id) ON DELETE CASCADE,
        drug varchar(120) NOT NULL,
        dosage varchar(120) NOT NULL,
        days smallint NOT NULL
      )
    `);
    await queryRunner.query(`CREATE INDEX ix_medical_records_patient ON medical_records (patient_id)`);
    await queryRunner.query(`ALTER TABLE patients ADD allergies text[] NOT NULL DEFAULT '{}'`);
    await queryRunner.query(`ALTER TABLE patients ADD last_visit_at timestamptz`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE patients DROP last_visit_at`);
    await queryRunner.query(`ALTER TABLE patients DROP allergies`);
    await queryRunner.query(`DROP TABLE prescriptions`);
    await queryRunner.query(`DROP TABLE medical_records`);
  }
}
