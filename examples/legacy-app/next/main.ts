import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { json, urlencoded } from 'express';
import pg from 'pg';
import { readSettings } from '../src/config.js';
import { prepareDatabase } from '../src/schema.js';
import { sessions } from '../src/session.js';
import { AppModule } from './app.module.js';
import { ErrorPages } from './error-pages.js';
import { prepareToolkit } from './prepare.js';

const { databaseUrl, sessionSecret, trustProxy, port, host } = readSettings(4001);
const pool = new pg.Pool({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
// A connection that is lost while nobody uses it is replaced by the next one.
pool.on('error', ({ message }) => console.error(message));
await prepareDatabase(pool);
await prepareToolkit(pool);
const app = await NestFactory.create<NestExpressApplication>(AppModule.over(databaseUrl), {
  ...{ bodyParser: false, logger: ['error', 'warn'] },
});
app.set('trust proxy', trustProxy);
app.use(sessions(pool, sessionSecret), urlencoded({ extended: false }), json());
app.useGlobalFilters(new ErrorPages());
app.enableShutdownHooks();
await app.listen(port, host);
console.log(`The modules are open: ${await app.getUrl()}`);
