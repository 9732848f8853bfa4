import { ApiModule, BareEdgeModule, TokenVerifier } from '#api';
import { StranglerProcess } from 'nestjs-strangler';
import { Routes } from 'nestjs-strangler/internal';
import type { ModuleMetadata } from '@nestjs/common';
import type { Settings } from './config.js';
import type { OwnDatabase } from './own-database.js';

/** What answers clients: the API, each port of which leads to another process; or nothing but what is passed on. */
export function edgeOf(
  { modules, identityProvider: identity, rates: given, shedListsAt, cache, graphql }: Settings,
  own: OwnDatabase,
): Required<Pick<ModuleMetadata, 'imports' | 'providers'>> {
  const rates = { ...given, passesOn: true, live: () => own.members.live };
  if (modules === 'none') {
    const tokens = { provide: TokenVerifier, useValue: identity ? TokenVerifier.of(identity) : null };
    return { imports: [BareEdgeModule.forRoot(rates)], providers: [tokens] };
  }
  const api = ApiModule.forRoot({
    ...{ identity, shedListsAt, rates, graphql, limits: own.pool },
    readiness: {
      useFactory: ({ checks }: StranglerProcess) => [own.check, ...checks],
      inject: [StranglerProcess],
    },
    ...(cache.freshMs > 0 && { cache: { ...cache, ways: Routes } }),
  });
  return { imports: [api], providers: [] };
}
