import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { operationsRoutes, type OperationsOptions } from './operations-routes.js';
import { StartError } from './start-error.js';

/**
 * Where health and metrics are served.
 *
 * @example
 * ```ts
 * const health: HealthAddress = { host: '0.0.0.0', port: 3010 };
 * ```
 */
export interface HealthAddress {
  host: string;
  /** Left out: the first free one from 3010 on; several services may run on one machine. */
  port?: number | undefined;
}

/** The health port of a process: nothing but health and metrics. */
export interface OperationsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Where no port is set, the first free one from here on. */
const firstPort = 3010;
const mostServices = 50;

/**
 * Opens the health port. @throws {StartError} naming `HEALTH_PORT` when the one that is set cannot be had.
 *
 * @internal
 */
export async function openOperations(
  { host, port }: HealthAddress,
  options: OperationsOptions,
): Promise<OperationsServer> {
  const answer = operationsRoutes(options);
  const server = createServer((request, response) => {
    if (!answer(request, response)) response.writeHead(404).end();
  });
  // A probe says little, at once.
  server.requestTimeout = 5_000;
  server.maxConnections = 100;
  const wished = port === undefined ? Array.from({ length: mostServices }, (_, i) => firstPort + i) : [port];
  await listenOnFirstFree(server, host, wished);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listenOnFirstFree(server: Server, host: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    try {
      await once(server.listen(port, host), 'listening');
      return;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && port !== ports.at(-1)) continue;
      throw new StartError(`port ${port} at ${host} (HEALTH_PORT) cannot be used: ${message}`);
    }
  }
}
