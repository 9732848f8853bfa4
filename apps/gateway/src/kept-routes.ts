import type { KeptRoutes, RouteTable } from 'nestjs-strangler';
import type { Pool } from 'pg';

/** Routes in the gateway's own database. */
export const keptRoutes = (pool: Pool): KeptRoutes => ({
  read: async () =>
    (await pool.query<{ table: RouteTable }>('select "table" from gateway.routes')).rows[0]?.table,
  write: async (table) => {
    await pool.query(
      `insert into gateway.routes ("table") values ($1)
       on conflict (one) do update set "table" = excluded."table", at = clock_timestamp()`,
      [JSON.stringify(table)],
    );
  },
});
