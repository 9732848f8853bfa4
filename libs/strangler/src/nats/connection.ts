import type { ConnectionOptions } from '@nats-io/transport-node';

/**
 * How to connect to the server of a URL: the client wants its credentials apart. A user without a password is a token.
 *
 * @internal
 */
export function natsConnection(
  url: string,
  options: Omit<ConnectionOptions, 'servers'> = {},
): ConnectionOptions {
  const { username, password, host, protocol } = new URL(url);
  const servers = `${protocol}//${host}`;
  if (!username) return { ...options, servers };
  const name = decodeURIComponent(username);
  return password
    ? { ...options, servers, user: name, pass: decodeURIComponent(password) }
    : { ...options, servers, token: name };
}
