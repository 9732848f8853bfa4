import { BoundedAdapter, connectionLimits } from '#api';
import { callers, calls, contracts, gateway } from '#contracts';
import { UpstreamPools } from '#edge';
import {
  assertPortFree,
  EmbeddedServers,
  natsOf,
  startLog,
  startTracing,
  urlOf,
  type Closing,
  type Config,
} from '#platform';
import { natsPermissions, StranglerProcess, Subjects } from 'nestjs-strangler';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import { adminListener } from './admin.js';
import { GatewayModule } from './app.module.js';
import type { Settings } from './config.js';
import { greeting, nobody } from './greeting.js';
import { configureGateway, tokensOf } from './http.js';
import { shareOf } from './legacy.js';
import { registryOf } from './operations.js';
import { openOwnDatabase } from './own-database.js';

/** Opens the API alone, or nothing but routes: its own database, modules over NATS. Everything it starts is ended by `closing`. */
export async function openGateway(
  { settings, module: config }: Config<Settings>,
  closing: Closing,
): Promise<void> {
  const { port, host, adminPort, certificate, modules, nats, legacy, upstreams, health } = settings;
  const { who, lines, logger, say } = startLog(gateway, settings.logLevel, closing);
  await startTracing(settings.tracing, who, closing);
  await assertPortFree(port, host, 'PORT');
  await assertPortFree(adminPort, '127.0.0.1', 'GATEWAY_ADMIN_PORT');
  const users = natsPermissions(new Subjects(nats.namespace), contracts, calls, callers, nats.eventStream);
  const servers = new EmbeddedServers(settings.dataDir, say, users);
  closing.add(() => servers.release());
  const own = await openOwnDatabase(settings, servers, who.version, closing);
  const pools = new UpstreamPools({ legacy, checkPath: upstreams.checkPath, ca: upstreams.ca });
  closing.add(async () => pools.close());
  const share = shareOf(upstreams.perAddress);
  const figures = { limits: own.pool, share };
  const adapter = new BoundedAdapter({ ...connectionLimits, ...settings.connections }, certificate);
  const app: NestExpressApplication = await NestFactory.create<NestExpressApplication>(
    GatewayModule.forRoot({
      ...{ settings, config, own, pools },
      nats: modules === 'none' ? undefined : natsOf(nats, servers, gateway),
      admin: adminListener(settings, lines),
      health: health.port === undefined ? undefined : health,
      operations: () => ({ registry: registryOf(app, who, settings, figures), checks: [own.check] }),
    }),
    adapter,
    { logger, bodyParser: false, abortOnError: false },
  );
  closing.add(() => app.close());
  configureGateway(app, adapter, settings, { share, lines });
  // Without a host: at all addresses of the machine.
  await (host === undefined ? app.listen(port) : app.listen(port, host));
  const admin = urlOf(app.get(StranglerProcess).admin!.getHttpServer() as Server);
  say(greeting(settings, urlOf(app.getHttpServer(), certificate ? 'https' : 'http'), admin));
  if (!tokensOf(app) && settings.operators.length === 0) say(nobody);
}
