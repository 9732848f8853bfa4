import type { KeptRoutes, RouteTable } from 'nestjs-strangler/internal';
import type { Pool } from 'pg';

/** Routes in the gateway's own database; those of another namespace are of another shop, and count for nothing. */
export const keptRoutes = (pool: Pool, namespace: string): KeptRoutes => ({
  read: async () => {
    const text = 'select "table" from gateway.routes where namespace = $1 or namespace is null';
    return (await pool.query<{ table: RouteTable }>(text, [namespace])).rows[0]?.table;
  },
  write: async (table) => {
    await pool.query(
      `insert into gateway.routes ("table", namespace) values ($1, $2)
       on conflict (one) do update set "table" = excluded."table", namespace = excluded.namespace, at = clock_timestamp()`,
      [JSON.stringify(table), namespace],
    );
  },
});
