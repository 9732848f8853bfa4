import { Router, type Request, type Response } from 'express';
import type { Pool } from 'pg';
import { html, page, pounds } from './pages.js';

export interface Product {
  sku: string;
  name: string;
  category: string;
  /** Pence. */
  price: number;
}

/** What somebody looks for. */
export interface Search {
  categories: string[];
  /** In the name; '' for all. */
  words: string;
  /** From 1. */
  page: number;
}

export const pageSize = 20;

/** The catalogue, in pages, by category and by words of the name. */
export function catalogue(pool: Pool): Router {
  const router = Router();
  router.get('/catalogue', async (req, res, next) => {
    const search = searchOf(req);
    const { rows } = await pool.query<Product & { matches: number }>(
      `select sku, name, category, price, count(*) over ()::integer as matches from products
       where (cardinality($1::text[]) = 0 or category = any($1)) and strpos(lower(name), lower($2)) > 0
       order by sku limit ${pageSize} offset $3`,
      [search.categories, search.words, pageSize * (search.page - 1)],
    );
    if (rows.length === 0 && search.page > 1) return next();
    const items = rows.map(({ matches: _, ...product }) => product);
    showPage(res, search, items, rows[0]?.matches ?? 0);
  });
  router.get('/catalogue/:sku', async (req, res, next) => {
    const { rows } = await pool.query<Product>(
      'select sku, name, category, price from products where sku = $1',
      [req.params.sku],
    );
    if (rows[0]) showProduct(res, rows[0]);
    else next();
  });
  return router;
}

/** What a request looks for: `?category=lamps&category=jugs&q=brass&page=2`. */
export function searchOf({ query }: Request): Search {
  const [words = ''] = textsOf(query.q);
  const [page = '1'] = textsOf(query.page);
  return { categories: textsOf(query.category), words, page: /^[1-9]\d{0,3}$/.test(page) ? Number(page) : 1 };
}

/** `?a=1&a=2` is a list, `?a=1` is not. */
const textsOf = (value: unknown): string[] =>
  [value].flat().filter((one): one is string => typeof one === 'string');

/** A page of the catalogue, as the client wants it. */
export function showPage(res: Response, search: Search, items: readonly Product[], matches: number): void {
  const pages = Math.ceil(matches / pageSize);
  const rows = items.map(
    ({ sku, name, price }) =>
      html`<li><a href="/catalogue/${encodeURIComponent(sku)}">${name}</a> ${pounds(price)}</li>`,
  );
  const content = html`<ul>
      ${rows}
    </ul>
    <p>Page ${search.page} of ${pages}</p>`;
  res.format({
    html: () => res.send(page('Catalogue', content)),
    json: () => res.json({ items, page: search.page, pages }),
  });
}

/** One product, as the client wants it. */
export function showProduct(res: Response, product: Product): void {
  const { sku, name, category, price } = product;
  const content = html`<p>${pounds(price)}, ${category}</p>
    <form method="post" action="/basket">
      <input type="hidden" name="sku" value="${sku}" /><input name="quantity" value="1" /><button>Add</button>
    </form>`;
  res.format({ html: () => res.send(page(name, content)), json: () => res.json(product) });
}
