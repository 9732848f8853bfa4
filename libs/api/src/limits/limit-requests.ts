import {
  Injectable,
  type CanActivate,
  type ExecutionContext,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SettingsError } from '#platform';
import type { Express, Request, Response } from 'express';
import type { SignedRequest } from '../auth/principal.js';
import { isProbe, type IsProbe } from '../http/probe.js';
import { RateLimits } from './rate-limits.js';

/** Throws what refuses a request, or goes on. */
export type LimitHandler = (request: Request, response: Response, next: () => void) => void;

/**
 * Counts whoever connects, once a request, before anything costs more than counting. `probes` are not counted: whoever asks for them sends
 * the others their requests.
 */
export const limitAddresses =
  (limits: RateLimits, probes: IsProbe = isProbe): LimitHandler =>
  (request, response, next) => {
    if (!probes(request.url)) limits.assertAddress(request.ip, response);
    next();
  };

/** Counts users and routes. To come after the guard that says who asks. */
@Injectable()
export class RateGuard implements CanActivate, OnApplicationBootstrap {
  constructor(
    private readonly limits: RateLimits,
    private readonly host: HttpAdapterHost,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const http = context.switchToHttp();
    const [request, response] = [http.getRequest<SignedRequest>(), http.getResponse<Response>()];
    if (request.principal) this.limits.assertUser(request.principal.id, request.ip, response);
    // Express answers HEAD wherever it answers GET.
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    this.limits.assertRoute(`${method} ${(request.route as { path: string }).path}`, request.ip, response);
    return true;
  }

  /** @throws {SettingsError} for a limit of a route that is not there: it would limit nothing, and nobody would know. */
  onApplicationBootstrap(): void {
    const known = routesOf(this.host.httpAdapter.getInstance<Express>());
    const unknown = this.limits.namedRoutes.find((name) => !known.has(name));
    if (unknown !== undefined) throw new SettingsError(`RATE_PER_ROUTE: there is no route ${unknown}`);
  }
}

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

function routesOf(app: Express): Set<string> {
  const { stack } = app.router as unknown as { stack: readonly Layer[] };
  const named = stack.flatMap(({ route }) =>
    route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`) : [],
  );
  return new Set(named);
}
