import {
  AdminGuard,
  BoundedAdapter,
  configureAdmin,
  logInWithAccount,
  OperatorTokens,
  TokenVerifier,
} from '#api';
import { EdgeRoutes, RouteOperator, RoutesController } from '#edge';
import type { AdminOptions } from 'nestjs-strangler';
import type { FactoryProvider } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import type { Settings } from './config.js';

/** The operator's listener, on this machine only: health and metrics for machines, routes for operators. */
export const adminListener = (
  { adminPort: port, modules, identityProvider }: Settings,
  lines: Logger,
): AdminOptions => ({
  port,
  guard: AdminGuard,
  // With accounts, where the shop has some: those of an identity provider log in there.
  logIn: modules === 'none' || identityProvider ? undefined : logInWithAccount,
  routes: 'here',
  adapter: () => new BoundedAdapter(),
  configure: (admin) => configureAdmin(admin as NestExpressApplication, lines),
  also: (app) => ({
    controllers: [RoutesController],
    providers: [{ provide: RouteOperator, useValue: app.get(EdgeRoutes, { strict: false }).operator }],
  }),
});

/** Its guard: the gateway's own tokens are good there, and those of the shop. */
export const adminGuard = ({ operators }: Settings): FactoryProvider<AdminGuard> => ({
  provide: AdminGuard,
  useFactory: (tokens: TokenVerifier | null) =>
    new AdminGuard({ tokens: tokens ?? undefined, operators: new OperatorTokens(operators) }),
  inject: [TokenVerifier],
});
