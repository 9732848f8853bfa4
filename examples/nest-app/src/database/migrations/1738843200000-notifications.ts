import { MigrationInterface, QueryRunner } from 'typeorm';

export class Notifications1738843200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE notification_kind AS ENUM (
        'appointment_booked', 'appointment_cancelled', 'appointment_missed', 'care_team_joined', 'follow_up_due'
      )
    `);
    await queryRunner.query(`
      CREATE TABLE notifications (
        id serial PRIMARY KEY,
        recipient_id integer NOT NULL,
        kind notification_kind NOT NULL,
        subject varchar(200) NOT NULL,
        payload jsonb NOT NULL DEFAULT '{}',
        send_at timestamptz NOT NULL,
        read_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
      )
    `);
    await queryRunner.query(
      `CREATE INDEX ix_notifications_recipient ON notifications (recipient_id, send_at)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE notifications`);
    await queryRunner.query(`DROP TYPE notification_kind`);
  }
}
