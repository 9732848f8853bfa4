import 'reflect-metadata';
import { runServer } from '#platform';
import { readSettings, usage } from './config.js';
import { startShop } from './shop.js';

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(`${usage}\n`);
} else {
  await runServer((env, closing) => startShop(readSettings(env), closing));
}
