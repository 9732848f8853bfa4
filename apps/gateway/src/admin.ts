import { AdminGuard, BoundedAdapter, configureAdmin, onlyLocalNames, type WaysIn } from '#api';
import { RouteOperator, RoutesController } from '#edge';
import { NestLogger, operationsRoutes, urlOf, type OperationsOptions } from '#platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';

/** The operator's side of a gateway: its routes, behind its own tokens and those of the shop. */
@Module({})
class AdminModule {
  static of(operator: RouteOperator, guard: AdminGuard): DynamicModule {
    return {
      module: AdminModule,
      controllers: [RoutesController],
      providers: [
        { provide: RouteOperator, useValue: operator },
        { provide: APP_GUARD, useValue: guard },
      ],
    };
  }
}

interface Parts {
  port: number;
  ways: WaysIn;
  operator: RouteOperator;
  operations: OperationsOptions;
  logger: Logger;
}

/** Opens the admin listener, on this machine only: health and metrics for machines, routes for operators. Answers where it is. */
export async function openAdmin({ port, ways, operator, operations, logger }: Parts) {
  const guard = new AdminGuard(ways);
  const app = await NestFactory.create<NestExpressApplication>(
    AdminModule.of(operator, guard),
    new BoundedAdapter(),
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  app.use(onlyLocalNames);
  // Before guards and logs: probes and scrapers have no token, and come every few seconds.
  const answer = operationsRoutes(operations);
  app.use((request: Request, response: Response, next: () => void) => {
    if (!answer(request, response)) next();
  });
  configureAdmin(app, logger);
  await app.listen(port, '127.0.0.1');
  return { url: urlOf(app.getHttpServer()), close: () => app.close() };
}
