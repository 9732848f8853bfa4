import { Router, type Response } from 'express';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { loggedIn } from './session.js';

export interface Sold {
  sku: string;
  name: string;
  pieces: number;
  /** Pence. */
  revenue: number;
}

/** What was sold, product by product. It grew over the years: a query each, over a table that has no index for it. */
export function reports(pool: Pool): Router {
  async function* sold(category: unknown): AsyncGenerator<Sold> {
    const { rows } = await pool.query<{ sku: string; name: string }>(
      'select sku, name from products where $1::text is null or category = $1 order by sku',
      [typeof category === 'string' ? category : null],
    );
    for (const product of rows) {
      const sums = await pool.query<{ pieces: number; revenue: number }>(
        `select coalesce(sum(quantity), 0)::integer as pieces, coalesce(sum(quantity * price), 0)::integer as revenue
         from sales where sku = $1`,
        [product.sku],
      );
      yield { ...product, ...sums.rows[0]! };
    }
  }
  const router = Router();
  router.get('/reports/sales', loggedIn, (req, res) => sendReport(res, sold(req.query.category)));
  return router;
}

/** Sends a report as CSV, line by line as it comes. Who goes away ends it. */
export async function sendReport(res: Response, sold: AsyncIterable<Sold> | Iterable<Sold>): Promise<void> {
  res.attachment('sales.csv').type('text/csv').set('Cache-Control', 'private, no-store');
  await pipeline(Readable.from(linesOf(sold)), res);
}

async function* linesOf(sold: AsyncIterable<Sold> | Iterable<Sold>): AsyncGenerator<string> {
  yield 'sku,name,pieces,revenue\n';
  for await (const { sku, name, pieces, revenue } of sold) {
    yield `${sku},"${name.replaceAll('"', '""')}",${pieces},${(revenue / 100).toFixed(2)}\n`;
  }
}
