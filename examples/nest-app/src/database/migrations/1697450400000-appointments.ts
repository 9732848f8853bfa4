import { MigrationInterface, QueryRunner } from 'typeorm';

export class Appointments1697450400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TYPE appointment_kind AS ENUM ('consultation', 'follow_up', 'vaccination', 'check_up')`,
    );
    await queryRunner.query(
      `CREATE TYPE appointment_status AS ENUM ('scheduled', 'checked_in', 'completed', 'cancelled')`,
    );
    await queryRunner.query(`
      CREATE TABLE appointments (
        id serial PRIMARY KEY,
        patient_id integer NOT NULL REFERENCES patients (id),
        practitioner_id integer NOT NULL REFERENCES practitioners (id),
        booked_by_id integer NOT NULL REFERENCES users (id),
        kind appointment_kind NOT NULL,
        status appointment_status NOT NULL DEFAULT 'scheduled',
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        reason text,
        cancellation_reason text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CHECK (starts_at < ends_at)
      )
    `);
    await queryRunner.query(
      `CREATE INDEX ix_appointments_practitioner ON appointments (practitioner_id, starts_at)`,
    );
    await queryRunner.query(`CREATE INDEX ix_appointments_patient ON appointments (patient_id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE appointments`);
    await queryRunner.query(`DROP TYPE appointment_status`);
    await queryRunner.query(`DROP TYPE appointment_kind`);
  }
}
