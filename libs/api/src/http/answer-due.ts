import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The answer that a connection owes or is giving. Node knows it, and has no name for it that is public. */
export const answerDue = (socket: Socket): ServerResponse | undefined =>
  (socket as { _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
