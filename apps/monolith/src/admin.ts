import {
  AdminGuard,
  BoundedAdapter,
  configureAdmin,
  logInWithAccount,
  TokenVerifier,
  type BootstrapAdmin,
} from '#api';
import { packageVersion } from '#platform';
import type { AdminOptions } from 'nestjs-strangler';
import { adminDocument } from 'nestjs-strangler/internal';
import type { FactoryProvider } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Logger } from 'pino';

/** The operator's listener, on this machine only: who gets in, and errors and log lines as the shop has them. `gateway`: where routes of the edge are moved. */
export const adminListener = (port: number, gateway: URL, lines: Logger): AdminOptions => ({
  port,
  guard: AdminGuard,
  logIn: logInWithAccount,
  routes: gateway,
  adapter: () => new BoundedAdapter(),
  configure: (admin) => {
    const document = adminDocument(packageVersion()) as unknown as OpenAPIObject;
    SwaggerModule.setup('docs', admin, document, { jsonDocumentUrl: 'docs/openapi.json' });
    configureAdmin(admin as NestExpressApplication, lines);
  },
});

/** The guard of that listener: whose tokens are good is known to the API. */
export const adminGuard = (bootstrap: BootstrapAdmin | undefined): FactoryProvider<AdminGuard> => ({
  provide: AdminGuard,
  useFactory: (tokens: TokenVerifier) => new AdminGuard({ tokens, bootstrap }),
  inject: [TokenVerifier],
});
