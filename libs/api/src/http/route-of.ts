import type { Response } from 'express';
import type { SignedRequest } from '../auth/principal.js';

/** The pattern, as `/api/v1/users/:id`; none where no handler was found. */
export const routeOf = (
  { route }: Pick<SignedRequest, 'route'>,
  { locals }: Pick<Response, 'locals'>,
): string | undefined =>
  (route as { path?: string } | undefined)?.path ?? (locals['route'] as string | undefined);
