import type { Router } from 'express';
import type { Pool } from 'pg';
import { account } from '../src/account.js';
import { basket } from '../src/basket.js';
import { catalogue } from './catalogue.js';
import { reports } from './reports.js';

/** The four routes that have moved: two are written anew, two have taken their code along. All work on the same tables. */
export const routers = (pool: Pool): Router[] => [
  catalogue(pool),
  reports(pool),
  account(pool),
  basket(pool),
];
