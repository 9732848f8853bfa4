import type { Role } from '#contracts';
import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { ApiProblem } from '../openapi/api-problem.js';

export const publicKey = 'api:public';
export const rolesKey = 'api:roles';

/** Lets anyone in. Without it a handler needs a token. */
export const Public = (): MethodDecorator & ClassDecorator =>
  applyDecorators(SetMetadata(publicKey, true), ApiSecurity({}));

export const optionalKey = 'api:optional';

/** Lets anyone in; who brings a token is known by it, and a token that does not count is refused. */
export const OptionalLogIn = (): MethodDecorator & ClassDecorator => SetMetadata(optionalKey, true);

/** Lets in only callers with one of these roles. */
export const Roles = (...roles: Role[]): MethodDecorator =>
  applyDecorators(SetMetadata(rolesKey, roles), ApiProblem('forbidden'));
