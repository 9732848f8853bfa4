import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Lets it listen on a free port of this machine: which. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Closes it, and all of its connections. */
export async function closing(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
