import {
  AdminGuard,
  BoundedAdapter,
  configureAdmin,
  onlyLocalNames,
  TokenVerifier,
  type BootstrapAdmin,
} from '#api';
import {
  NestLogger,
  operationsRoutes,
  packageVersion,
  type Closing,
  type OperationsOptions,
} from '#platform';
import { adminLogin } from '#sample';
import {
  AdminController,
  adminDocument,
  DoctorController,
  EventsController,
  OPERATOR,
  type Operator,
} from 'nestjs-strangler';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import type { Settings } from './config.js';

/** The operator's side of the process: its own listener, so that it can stay off the public network. */
@Module({})
class AdminModule {
  static of(operator: Operator, guard: AdminGuard): DynamicModule {
    return {
      module: AdminModule,
      controllers: [AdminController, DoctorController, EventsController],
      providers: [
        { provide: OPERATOR, useValue: operator },
        { provide: APP_GUARD, useValue: guard },
      ],
    };
  }
}

/** The admin of the settings, or of the data folder. */
export const bootstrapAdmin =
  ({ admin, dataDir }: Settings): BootstrapAdmin =>
  () =>
    adminLogin(admin ?? { dataDir });

/** Opens the admin listener, on this machine only. */
export async function startAdmin(
  settings: Settings,
  shop: INestApplication,
  logger: Logger,
  closing: Closing,
  { operator, operations }: { operator: Operator; operations: OperationsOptions },
): Promise<NestExpressApplication> {
  const tokens = shop.get<TokenVerifier>(TokenVerifier, { strict: false });
  const guard = new AdminGuard({ tokens, bootstrap: bootstrapAdmin(settings) });
  const app = await NestFactory.create<NestExpressApplication>(
    AdminModule.of(operator, guard),
    new BoundedAdapter(),
    {
      logger: new NestLogger(logger),
      bodyParser: false,
      abortOnError: false,
    },
  );
  app.use(onlyLocalNames);
  // Before guards and logs: probes and scrapers have no token, and come every few seconds.
  const answer = operationsRoutes(operations);
  app.use((request: Request, response: Response, next: () => void) => {
    if (!answer(request, response)) next();
  });
  const document = adminDocument(packageVersion()) as unknown as OpenAPIObject;
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs/openapi.json' });
  configureAdmin(app, logger);
  closing.add(() => app.close());
  await app.listen(settings.adminPort, '127.0.0.1');
  return app;
}
