import { createServer } from 'node:net';
import { StartError } from 'nestjs-strangler';

/** Makes sure that a port can be had, before anything else is started. @throws {StartError} naming the setting. */
export function assertPortFree(port: number, host: string | undefined, setting?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartError(sentence(error, { port, host, setting }))),
    );
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}

interface Place {
  port: number;
  host: string | undefined;
  /** The port's; left out: it has none. */
  setting: string | undefined;
}

function sentence({ code, message }: NodeJS.ErrnoException, { port, host, setting }: Place): string {
  if (code === 'EADDRINUSE')
    return `port ${port} is in use by another program: end that one${setting ? ` or set ${setting} to another port` : ''}`;
  if (code === 'EACCES')
    return `port ${port} may not be used by this user: set ${setting} to a port above 1023`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST=${host}: this machine has no such address (0.0.0.0 means all it has)`;
  return `port ${port} (${setting}) cannot be used: ${message}`;
}
