import { users } from '#contracts';
import type { Check } from '#platform';
import { portToken } from 'nestjs-strangler';
import { Module, type DynamicModule, type FactoryProvider, type Provider, type Type } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { AuthController } from './auth.controller.js';
import { AuthGuard } from './auth/auth.guard.js';
import type { BootstrapAdmin } from './auth/bootstrap-login.js';
import { TokenVerifier, type IdentityProvider } from './auth/token-verifier.js';
import { KeepAnswers } from './cache/keep-answers.js';
import { PublicAnswers, type CacheTimes, type Ways } from './cache/public-answers.js';
import { DashboardController } from './dashboard.controller.js';
import { ProblemFilter } from './errors/problem.filter.js';
import { GraphqlController, graphqlServerToken } from './graphql/graphql.controller.js';
import { Modules } from './graphql/modules.js';
import { schemaOfContracts } from './graphql/schema.js';
import { graphqlServer, type GraphqlOptions } from './graphql/server.js';
import { HealthController } from './health.controller.js';
import { StrayQueryGuard } from './http/stray-query.guard.js';
import { RequestTimes } from './http/request-times.js';
import { ApiUsage } from './http/usage.js';
import { JwksController } from './jwks.controller.js';
import { Attempts, type LimitStore } from './limits/attempts.js';
import { Load } from './limits/load.js';
import { RateGuard } from './limits/limit-requests.js';
import { RateLimits, type RateOptions } from './limits/rate-limits.js';
import { ShedLists } from './limits/shed-lists.js';
import { OrdersController } from './orders.controller.js';
import type { UsersPort } from './ports.js';
import { ProductsController } from './products.controller.js';
import { readinessChecks } from './readiness.js';
import { UsersV2Controller } from './users-v2.controller.js';
import { UsersController } from './users.controller.js';

/** How long answers are kept, and what is told where calls go: it, or the class under whose name the application has it. */
export interface KeptAnswers extends CacheTimes {
  ways?: Ways | Type<Ways> | undefined;
}

export interface ApiOptions {
  /** Whose tokens are good; without it, those of the users module. */
  identity?: IdentityProvider | undefined;
  /** Who gets into the admin API even when the users module cannot be asked. */
  bootstrapAdmin?: BootstrapAdmin | undefined;
  /** Where failed attempts are counted; without it in this process's memory. */
  limits?: LimitStore | undefined;
  /** How many requests are taken; without it, all. */
  rates?: RateOptions | undefined;
  /** As many commands under way, and lists are refused until there are less; without it, never. */
  shedListsAt?: number | undefined;
  /** Answers of public queries are kept for so long; without it, not at all. */
  cache?: KeptAnswers | undefined;
  /** How `/graphql` is served. */
  graphql?: GraphqlOptions | undefined;
  /** What has to hold before the process is ready. */
  readiness?: Pick<FactoryProvider<readonly Check[]>, 'useFactory' | 'inject'>;
}

/** The HTTP edge. It knows the modules by their ports alone, so it runs wherever these lead. */
@Module({})
export class ApiModule {
  static forRoot({
    identity,
    bootstrapAdmin,
    limits,
    rates,
    shedListsAt,
    cache,
    graphql,
    readiness = { useFactory: () => [] },
  }: ApiOptions = {}): DynamicModule {
    const verifier: FactoryProvider<TokenVerifier> = identity
      ? { provide: TokenVerifier, useFactory: () => TokenVerifier.of(identity) }
      : {
          provide: TokenVerifier,
          useFactory: (port: UsersPort) => TokenVerifier.ofUsers(port, bootstrapAdmin),
          inject: [portToken(users)],
        };
    return {
      module: ApiModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [
        UsersController,
        UsersV2Controller,
        AuthController,
        ProductsController,
        OrdersController,
        DashboardController,
        GraphqlController,
        HealthController,
        JwksController,
      ],
      providers: [
        verifier,
        ApiUsage,
        RequestTimes,
        Modules,
        // The class itself, which the controller of GraphQL asks.
        DashboardController,
        {
          provide: graphqlServerToken,
          useFactory: () => graphqlServer(schemaOfContracts(), new ProblemFilter(), graphql),
        },
        { provide: Attempts, useFactory: () => new Attempts(limits) },
        { provide: RateLimits, useFactory: () => new RateLimits(rates) },
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: RateGuard },
        { provide: APP_GUARD, useClass: StrayQueryGuard },
        { provide: readinessChecks, ...readiness },
        ...(cache ? keepAnswers(cache) : noAnswers),
        { provide: Load, useFactory: () => new Load(shedListsAt) },
        { provide: APP_INTERCEPTOR, useClass: ShedLists },
      ],
      // Whose tokens are good, for the guard of another listener.
      exports: [TokenVerifier],
    };
  }
}

/** What is asked for, and not there, is an error in Nest's log. */
const noAnswers: Provider[] = [{ provide: PublicAnswers, useValue: null }];

const keepAnswers = ({ ways, ...times }: KeptAnswers): Provider[] => [
  typeof ways === 'function'
    ? {
        provide: PublicAnswers,
        useFactory: (found: Ways) => new PublicAnswers({ ...times, ways: found }),
        inject: [ways],
      }
    : { provide: PublicAnswers, useValue: new PublicAnswers({ ...times, ways }) },
  { provide: APP_INTERCEPTOR, useClass: KeepAnswers },
];
