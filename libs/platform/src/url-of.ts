import type { Server } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Where a server listens, as a client on this machine writes it; the port may have been chosen by the system. */
export function urlOf(server: Pick<Server, 'address'>, scheme: 'http' | 'https' = 'http'): string {
  const { address, family, port } = server.address() as AddressInfo;
  if (['::', '::1', '0.0.0.0', '127.0.0.1'].includes(address)) return `${scheme}://localhost:${port}`;
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
