import { BoundedAdapter, configureHttp, connectionLimits, type ReadinessCheck } from '#api';
import {
  assertPortFree,
  DatabaseProbe,
  openLimitPool,
  packageVersion,
  startLog,
  urlOf,
  type Closing,
} from '#platform';
import { adminLogin } from '#sample';
import { drain, StranglerProcess } from 'nestjs-strangler';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import { adminListener } from './admin.js';
import { advice } from './advice.js';
import { AppModule } from './app.module.js';
import type { Settings } from './config.js';
import { InitialData } from './initial-data.js';
import { registryOf } from './operations.js';
import { openServers } from './servers.js';
import { sessionFindings } from './session-findings.js';

/** Opens the shop: servers, modules, listeners, sample. Everything that it starts is ended by `closing`. */
export async function openShop(settings: Settings, closing: Closing): Promise<void> {
  const { port, host, adminPort, certificate, health } = settings;
  const { who, lines, logger, say } = startLog('monolith', settings.logLevel, closing);
  await assertPortFree(port, host, 'PORT');
  await assertPortFree(adminPort, '127.0.0.1', 'ADMIN_PORT');
  const { databaseUrl, direct, nats, modules } = await openServers(settings, say, closing);
  const initialData = new InitialData(settings, say);
  const probe = new DatabaseProbe(databaseUrl);
  closing.add(() => probe.close());
  const checks: ReadinessCheck[] = [
    { name: 'database', check: () => probe.check() },
    { name: 'sample', check: () => initialData.assertDone() },
  ];
  const limits = openLimitPool(direct);
  closing.add(() => limits.end());
  const app: NestExpressApplication = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot({
      ...{ databaseUrl, modules, nats, advice, version: packageVersion() },
      ...{ direct: settings.directUrl, witness: settings.witness, retention: settings.retention },
      config: settings.wishesPath,
      findings: [sessionFindings(settings)],
      admin: adminListener(adminPort, lines),
      health: health.port === undefined ? undefined : health,
      operations: () => ({ registry: registryOf(app, who, certificate), checks }),
      api: {
        identity: settings.identityProvider,
        bootstrapAdmin: () => adminLogin(settings.admin ?? { dataDir: settings.dataDir }),
        ...{ limits, rates: settings.rates, shedListsAt: settings.shedListsAt },
        readiness: { useFactory: () => checks },
      },
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
  // The first thing to end.
  closing.add(() => drain(checks, settings.drainMs));
  const shop = urlOf(app.getHttpServer(), certificate ? 'https' : 'http');
  const admin = urlOf(app.get(StranglerProcess).admin!.getHttpServer() as Server);
  say(`The shop is open: ${shop}/api/v1/products · OpenAPI ${shop}/docs · admin ${admin}`);
}
