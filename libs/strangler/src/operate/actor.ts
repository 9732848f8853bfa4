import { createParamDecorator } from '@nestjs/common';

/** What the guard of the admin listener has found out about the caller. */
interface Authenticated {
  principal?: { id: string; email?: string };
}

/**
 * Injects who acts, for the history: what the verified token says, never what the client says of itself.
 * @throws when the guard let someone in without saying whom: an action that nobody did must not be possible.
 *
 * @internal
 */
export const Actor = createParamDecorator((_data: unknown, context): string => {
  const { principal } = context.switchToHttp().getRequest<Authenticated>();
  if (!principal) throw new Error('the admin listener needs a guard that sets the principal of a request');
  return principal.email ?? principal.id;
});
