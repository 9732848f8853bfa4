import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/**
 * The first of the wished ports that is free on 127.0.0.1, else any free one. Another program may take
 * it before our server does: the server then ends, and the supervisor chooses again.
 */
export async function choosePort(...wished: (number | undefined)[]): Promise<number> {
  for (const port of [...wished, 0]) {
    const free = port === undefined ? undefined : await tryPort(port);
    if (free !== undefined) return free;
  }
  throw new Error('no free port on 127.0.0.1');
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const chosen = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return chosen;
}
