import { migrate } from 'nestjs-strangler/migrate';
import type pg from 'pg';

/** Makes what the toolkit needs: its schema, and the record of the basket's commands. Several copies may start at the same time. */
export async function prepareToolkit(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  await migrate(client, { say: console.warn });
  await client.query(`begin; select pg_advisory_xact_lock(hashtextextended('basket', 0))`);
  const { rows } = await client.query<{ here: boolean }>(
    `select to_regclass('basket.idempotency') is not null as here`,
  );
  if (!rows[0]?.here)
    await client.query(`create schema basket; select strangler.create_idempotency_table('basket')`);
  await client.query('commit');
  client.release();
}
