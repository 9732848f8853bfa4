import 'reflect-metadata';
import { runServer } from '#platform';
import { readSettings, usage } from './config.js';
import { openShop } from './open-shop.js';

if (process.argv.includes('--help') || process.argv.includes('-h')) process.stdout.write(`${usage}\n`);
else await runServer((env, closing) => openShop(readSettings(env), closing));
