import 'reflect-metadata';
import { environment, runServer } from '#platform';
import { readSettings } from './config.js';
import { startShop } from './shop.js';

await runServer((closing) => startShop(readSettings(environment()), closing));
