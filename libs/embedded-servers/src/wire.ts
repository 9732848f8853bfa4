import type { Socket } from 'node:net';
import type { NatsUser } from './nats/user.js';

/** The servers that the keeper can run. */
export type ServerName = 'postgres' | 'nats';

/** What a process may need: a server as who may do all there, or NATS as a user of that name. */
export type Need = ServerName | `nats/${string}`;

/** Grows when a process asks what keepers did not understand before: that of 0.1.0 had none, and knew no users. */
export const protocol = 2;

export const ofAnotherRelease = (folder: string): string =>
  `the servers in ${folder} belong to processes of another release: stop all of them, then start this one again`;

/**
 * What a process says to the keeper. `port` is the one it has been told before, and would like to keep; `users`: of NATS, whom
 * the process knows of.
 */
export type Request = { need: Need; port?: number; users?: readonly NatsUser[] } | { goodbye: true };

/**
 * What the keeper says to a process. `welcome` carries its pid, and what it speaks; without it the connection counts for nothing.
 * `farewell` answers a goodbye; a connection that closes without it means that the keeper has died.
 */
export type Reply =
  | { welcome: number; protocol?: number }
  | { farewell: true }
  | { progress: string }
  | { ready: Need; url: string }
  | { failed: Need; reason: string };

/** Sends one message as a line of JSON; to a peer that has gone, nothing. Resolves when it is on its way. */
export async function send(socket: Socket, message: Request | Reply): Promise<void> {
  if (!socket.writable) return;
  await new Promise((resolve) => socket.write(`${JSON.stringify(message)}\n`, resolve));
}

/** Calls `handle` for each message that comes in; a peer that does not speak JSON is hung up on. */
export function onMessages<Message>(socket: Socket, handle: (message: Message) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) deliver(socket, line, handle);
  });
}

function deliver<Message>(socket: Socket, line: string, handle: (message: Message) => void): void {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    message = undefined;
  }
  if (typeof message === 'object' && message) handle(message as Message);
  else socket.destroy();
}
