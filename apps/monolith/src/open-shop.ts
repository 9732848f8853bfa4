import { BoundedAdapter, configureHttp, connectionLimits } from '#api';
import {
  assertPortFree,
  packageVersion,
  startLog,
  startTracing,
  urlOf,
  type Closing,
  type Config,
} from '#platform';
import { StranglerProcess } from 'nestjs-strangler';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import { DataSource } from 'typeorm';
import { adminListener } from './admin.js';
import { advice } from './advice.js';
import { apiOptions } from './api-options.js';
import { AppModule } from './app.module.js';
import type { Settings } from './config.js';
import { InitialData } from './initial-data.js';
import { mailFindings } from './mail-findings.js';
import { registryOf } from './operations.js';
import { openServers } from './servers.js';
import { sessionFindings } from './session-findings.js';

/** Opens the shop: servers, modules, listeners, sample. Everything that it starts is ended by `closing`. */
export async function openShop(
  { settings, module: config }: Config<Settings>,
  closing: Closing,
): Promise<void> {
  const { port, host, adminPort, gatewayPage, certificate, health } = settings;
  const { who, lines, logger, say } = startLog('monolith', settings.logLevel, closing);
  await startTracing(settings.tracing, who, closing);
  await assertPortFree(port, host, 'PORT');
  await assertPortFree(adminPort, '127.0.0.1', 'ADMIN_PORT');
  const { database, nats, modules } = await openServers(settings, say, closing);
  const initialData = new InitialData(settings, say);
  const checks = [
    { name: 'database', check: () => database.probe.check() },
    { name: 'sample', check: () => initialData.assertDone() },
  ];
  const app: NestExpressApplication = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot({
      ...{ config, database: database.dataSource, modules, nats, advice, version: packageVersion() },
      findings: [sessionFindings(settings), mailFindings(() => app.get(DataSource))],
      admin: adminListener(adminPort, gatewayPage, lines),
      health: health.port === undefined ? undefined : health,
      operations: () => ({ registry: registryOf(app, who, certificate), checks }),
      api: apiOptions(settings, database.direct, checks, closing),
    }),
    new BoundedAdapter({ ...connectionLimits, ...settings.connections }, certificate),
    { logger, bodyParser: false, abortOnError: false },
  );
  closing.add(() => app.close());
  const { accessLog, origins, servedBy, proxies } = settings;
  configureHttp(app, { accessLog: accessLog ? lines : undefined, origins, servedBy, proxies });
  // Without a host: at all addresses of the machine.
  await (host === undefined ? app.listen(port) : app.listen(port, host));
  await initialData.load(app, closing);
  const shop = urlOf(app.getHttpServer(), certificate ? 'https' : 'http');
  const admin = urlOf(app.get(StranglerProcess).admin!.getHttpServer() as Server);
  say(`The shop is open: ${shop}/api/v1/products · OpenAPI ${shop}/docs · admin ${admin}`);
}
