import 'reflect-metadata';
import { callers, calls, contracts } from '#contracts';
import {
  mailGauges,
  poolOf,
  processRegistry,
  runServer,
  startLog,
  startTracing,
  type Closing,
  type Config,
} from '#platform';
import { StranglerProcess } from 'nestjs-strangler';
import { startService } from 'nestjs-strangler/service';
import type { ModuleRef } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { readSettings, usage, type Settings } from './config.js';
import { moduleOf } from './modules.js';
import { openServers } from './servers.js';

/** Serves one module from its own database, over NATS, until `closing`. It may call the others, wherever they are. */
async function serve({ settings }: Config<Settings>, closing: Closing): Promise<void> {
  const { module, payments, mail, directUrl: direct, witness, retention, events, health } = settings;
  const { who, logger, say } = startLog(module, settings.logLevel, closing);
  await startTracing(settings.tracing, who, closing);
  const { database, nats } = await openServers(settings, say, closing);
  const service = await startService(moduleOf(module, { payments, mail }), {
    ...{ contracts, calls: { ...calls, ...callers }, database: database.dataSource },
    ...{ direct, nats, witness, retention, events, health, logger },
    operations: (app) => ({
      registry: registryOf(who, app),
      checks: [{ name: 'database', check: () => database.probe.check() }],
    }),
  });
  closing.add(() => service.close());
  await service.serving;
  say(`${service.state} · health http://localhost:${service.healthPort}/health/ready`);
}

/** What `/metrics` tells: docs/operations.md lists it. */
function registryOf(who: { service: string; version: string }, app: ModuleRef) {
  const { measured } = app.get(StranglerProcess);
  const dataSource = app.get(DataSource, { strict: false });
  return processRegistry(
    who,
    { commands: poolOf(dataSource), toolkit: measured.pool! },
    { ...measured, gauges: [...measured.gauges, mailGauges(() => dataSource)] },
  );
}

await runServer({ usage, takesArguments: true, settings: readSettings }, serve);
