import { Router } from 'express';
import type { Pool } from 'pg';
import { html, page, pounds } from './pages.js';
import { loggedIn } from './session.js';

interface Line {
  sku: string;
  name: string;
  quantity: number;
  price: number;
}

const most = 1_000;

/** What somebody is about to buy. */
export function basket(pool: Pool): Router {
  const router = Router();
  const linesOf = async (account: string | undefined) =>
    (
      await pool.query<Line>(
        `select sku, name, quantity, price from basket_lines join products using (sku) where account = $1 order by sku`,
        [account],
      )
    ).rows;
  router.get('/basket', loggedIn, async (req, res) => {
    const lines = await linesOf(req.session.account);
    const total = lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
    const items = lines.map(
      ({ name, quantity, price }) => html`<li>${quantity} × ${name}: ${pounds(quantity * price)}</li>`,
    );
    const content = html`<ul>
        ${items}
      </ul>
      <p>Total ${pounds(total)}</p>`;
    res.format({ html: () => res.send(page('Basket', content)), json: () => res.json({ lines, total }) });
  });
  router.post('/basket', loggedIn, async (req, res) => {
    const { sku, quantity: text } = (req.body ?? {}) as { sku?: unknown; quantity?: unknown };
    const quantity = Number(text);
    if (typeof sku !== 'string' || !Number.isInteger(quantity) || quantity < 1 || quantity > most) {
      res.status(400).json({ error: `A SKU, and a quantity from 1 to ${most}, are expected.` });
      return;
    }
    const { rowCount } = await pool.query(
      `insert into basket_lines as line (account, sku, quantity) select $1, sku, $3 from products where sku = $2
       on conflict (account, sku) do update set quantity = line.quantity + excluded.quantity`,
      [req.session.account, sku, quantity],
    );
    if (!rowCount) res.status(404).json({ error: `There is no ${sku}.` });
    else if (req.is('json')) res.status(201).json({ lines: await linesOf(req.session.account) });
    else res.redirect(303, '/basket');
  });
  return router;
}
