import 'reflect-metadata';
import { runServer } from '#platform';
import { readSettings, usage } from './config.js';
import { openShop } from './open-shop.js';

await runServer({ usage, settings: readSettings }, openShop);
