import 'reflect-metadata';
import { runServer } from '#platform';
import { readSettings, usage } from './config.js';
import { startGateway } from './gateway.js';

await runServer({ usage }, (env, closing) => startGateway(readSettings(env), closing));
