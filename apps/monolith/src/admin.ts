import {
  AdminGuard,
  BoundedAdapter,
  configureAdmin,
  logInWithAccount,
  OperatorTokens,
  TokenVerifier,
  type BootstrapAdmin,
} from '#api';
import { packageVersion } from '#platform';
import type { AdminOptions } from 'nestjs-strangler';
import { adminDocument } from 'nestjs-strangler/internal';
import type { FactoryProvider } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Logger } from 'pino';
import type { Settings } from './config.js';

/** The operator's listener, on this machine only: who gets in, and errors and log lines as the shop has them. `gateway`: where routes of the edge are moved. */
export const adminListener = (port: number, gateway: URL, lines: Logger): AdminOptions => ({
  port,
  guard: AdminGuard,
  logIn: logInWithAccount,
  routes: gateway,
  adapter: () => new BoundedAdapter(),
  configure: (admin) => {
    configureAdmin(admin as NestExpressApplication, lines);
    // Behind what it sets: the docs act in the name of whoever is logged in, and so stand in nobody's frame either.
    const document = adminDocument(packageVersion()) as unknown as OpenAPIObject;
    SwaggerModule.setup('docs', admin, document, { jsonDocumentUrl: 'docs/openapi.json' });
  },
});

/** The guard of that listener: whose tokens are good is known to the API, and to the settings where its users are away. */
export const adminGuard = (bootstrap: BootstrapAdmin | undefined): FactoryProvider<AdminGuard> => ({
  provide: AdminGuard,
  useFactory: (tokens: TokenVerifier, settings: ConfigService<Settings, true>) => {
    const operators = new OperatorTokens(settings.get('operators', { infer: true }));
    return new AdminGuard({ tokens, bootstrap, operators });
  },
  inject: [TokenVerifier, ConfigService],
});
