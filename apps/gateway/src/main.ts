import 'reflect-metadata';
import { runServer } from '#platform';
import { readSettings, usage } from './config.js';
import { openGateway } from './open-gateway.js';

await runServer({ usage, settings: readSettings }, openGateway);
