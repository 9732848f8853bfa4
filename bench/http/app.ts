import { contracts, inventory } from '#contracts';
import { configureHttp } from '#api';
import { createLogger, dataSourceOptions, NestLogger, readConfig } from '#platform';
import { currentContext, portToken, type Port } from 'nestjs-strangler';
import { noticingSilence } from '#strangler/database/silence';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../../apps/monolith/src/app.module.js';
import { loadModules, moduleNames } from '../../apps/monolith/src/modules.js';

export const modules = contracts.map(({ name }) => name);

/** How the edge reaches the modules. */
export const wirings = ['routed', 'direct'] as const;
export type Wiring = (typeof wirings)[number];

/**
 * The monolith's app with a few products, not yet listening. Every module is here, so there is no NATS. `X-Served-By` is off:
 * only a router could say it, and both apps are to give the same answers.
 */
export async function createApp(databaseUrl: string): Promise<NestExpressApplication> {
  const logger = createLogger({ level: 'warn', context: currentContext });
  const parts = {
    database: dataSourceOptions(databaseUrl, { connections: noticingSilence(databaseUrl) }),
    config: (await readConfig({}, () => ({ witness: '.data/bench/state/' }))).module,
    modules: await loadModules(moduleNames, { payments: 'test', mail: undefined }),
  };
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot({ ...parts, api: {} }), {
    logger: new NestLogger(logger),
    bodyParser: false,
  });
  configureHttp(app, { accessLog: logger, servedBy: false });
  await app.init();
  await stock(app.get<Port<typeof inventory>>(portToken(inventory)));
  return app;
}

async function stock(port: Port<typeof inventory>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const price = { amount: 255, currency: 'GBP' };
    await port.putProduct({ sku: `SKU-${i}`, description: `CREAM HANGING HEART ${i}`, price, onHand: 1_000 });
  }
}
