import 'reflect-metadata';
import { environment, runServer } from '#platform';
import { readSettings } from './config.js';
import { startService } from './service.js';

await runServer((closing) => startService(readSettings(environment(), process.argv.slice(2)), closing));
