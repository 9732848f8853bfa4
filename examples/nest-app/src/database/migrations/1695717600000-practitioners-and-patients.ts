import { MigrationInterface, QueryRunner } from 'typeorm';

export class PractitionersAndPatients1695717600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TYPE specialty AS ENUM ('general', 'cardiology', 'dermatology', 'paediatrics', 'physiotherapy')`,
    );
    await queryRunner.query(`
      CREATE TABLE practitioners (
        id serial PRIMARY KEY,
        user_id integer NOT NULL UNIQUE REFERENCES users (id),
        license_number varchar(20) NOT NULL UNIQUE,
        specialty specialty NOT NULL,
        room varchar(20),
        accepts_patients boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now()
      )
    `);
    await queryRunner.query(`
      CREATE TABLE working_hours (
        id serial PRIMARY KEY,
        practitioner_id integer REFERENCES practitioners (id) ON DELETE CASCADE,
        weekday smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
        opens_at varchar(5) NOT NULL,
        closes_at varchar(5) NOT NULL
      )
    `);
    await queryRunner.query(`
      CREATE TABLE patients (
        id serial PRIMARY KEY,
        first_name varchar(80) NOT NULL,
        last_name varchar(80) NOT NULL,
        email varchar(254) NOT NULL CONSTRAINT uq_patients_email UNIQUE,
        phone varchar(30),
        birth_date date NOT NULL,
        insurance_number varchar(30),
        primary_practitioner_id integer REFERENCES practitioners (id),
        registered_by_id integer REFERENCES users (id),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE patients`);
    await queryRunner.query(`DROP TABLE working_hours`);
    await queryRunner.query(`DROP TABLE practitioners`);
    await queryRunner.query(`DROP TYPE specialty`);
  }
}
