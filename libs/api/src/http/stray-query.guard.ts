import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { Request } from 'express';
import { refusal } from '../errors/problems.js';

/** Refuses query strings where a handler takes none: `?dryRun=true` must not look as if it had been understood. */
export class StrayQueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { originalUrl, query } = context.switchToHttp().getRequest<Request>();
    if (!originalUrl.includes('?') || takesQuery(context)) return true;
    const names = Object.keys(query);
    if (names.length === 0) return true;
    throw refusal('validation_failed', `this takes no query: ${names.join(', ')}`);
  }
}

function takesQuery(context: ExecutionContext): boolean {
  const args = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  ) as object;
  return Object.keys(args ?? {}).some((name) => name.startsWith(`${RouteParamtypes.QUERY}:`));
}
