import 'reflect-metadata';
import { environment, runServer } from '#platform';
import { readSettings, usage } from './config.js';
import { startShop } from './shop.js';

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(`${usage}\n`);
} else {
  await runServer((closing) => startShop(readSettings(environment()), closing));
}
