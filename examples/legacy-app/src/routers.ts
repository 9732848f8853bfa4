import { Router } from 'express';
import type { Pool } from 'pg';
import { account, logIn } from './account.js';
import { basket } from './basket.js';
import { catalogue } from './catalogue.js';
import { html, page } from './pages.js';
import { reports } from './reports.js';
import { uploads } from './uploads.js';

/** All that the application is. */
export const routers = (pool: Pool): Router[] => [
  home(),
  catalogue(pool),
  logIn(pool),
  account(pool),
  basket(pool),
  uploads(pool),
  reports(pool),
];

const home = (): Router =>
  Router().get('/', (_req, res) => {
    res.send(page('Welcome', html`<p>Everything for a house by the sea.</p>`));
  });
