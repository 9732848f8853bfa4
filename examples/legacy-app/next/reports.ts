import { Router } from 'express';
import type { Pool } from 'pg';
import { sendReport, type Sold } from '../src/reports.js';
import { loggedIn } from '../src/session.js';

/** The report again, in one query. */
export function reports(pool: Pool): Router {
  const router = Router();
  router.get('/reports/sales', loggedIn, async (req, res) => {
    const { category } = req.query;
    const { rows } = await pool.query<Sold>(
      `select sku, name, coalesce(sum(quantity), 0)::integer as pieces,
         coalesce(sum(quantity * sales.price), 0)::integer as revenue
       from products left join sales using (sku) where $1::text is null or category = $1 group by sku order by sku`,
      [typeof category === 'string' ? category : null],
    );
    await sendReport(res, rows);
  });
  return router;
}
