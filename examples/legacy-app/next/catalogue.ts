import { Router } from 'express';
import type { Pool } from 'pg';
import { pageSize, searchOf, showPage, showProduct, type Product } from '../src/catalogue.js';

const freshMs = 5_000;

/** The catalogue again: it is small and seldom changes, so it is read every five seconds at most and searched in memory. */
export function catalogue(pool: Pool): Router {
  const products = keptFor(freshMs, async () => {
    const { rows } = await pool.query<Product>(
      'select sku, name, category, price from products order by sku',
    );
    return rows;
  });
  const router = Router();
  router.get('/catalogue', async (req, res, next) => {
    const search = searchOf(req);
    const words = search.words.toLowerCase();
    const matches = (await products()).filter(
      ({ category, name }) =>
        (search.categories.length === 0 || search.categories.includes(category)) &&
        name.toLowerCase().includes(words),
    );
    const items = matches.slice(pageSize * (search.page - 1), pageSize * search.page);
    if (items.length === 0 && search.page > 1) return next();
    showPage(res, search, items, matches.length);
  });
  router.get('/catalogue/:sku', async (req, res, next) => {
    const product = (await products()).find(({ sku }) => sku === req.params.sku);
    if (product) showProduct(res, product);
    else next();
  });
  return router;
}

/** Asks again once an answer is older than `ms`; who comes while it is asked waits for the same answer. */
function keptFor<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  let askedAt = 0;
  return () => {
    if (kept && performance.now() - askedAt < ms) return kept;
    askedAt = performance.now();
    const answer = ask();
    // What failed is not kept.
    answer.catch(() => (kept = undefined));
    return (kept = answer);
  };
}
