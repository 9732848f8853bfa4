import 'reflect-metadata';
import { runServer } from '#platform';
import { readSettings, usage } from './config.js';
import { startService } from './service.js';

const args = process.argv.slice(2);

if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(`${usage}\n`);
} else {
  await runServer((env, closing) => startService(readSettings(env, args), closing));
}
