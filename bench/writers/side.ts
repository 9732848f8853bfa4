import { Closing } from '#platform';
import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * A depot whose changes go to another process, by the code of the checkout in `root`: its relay, its triggers, its way of
 * storing. Prints `ready` and stays until it is interrupted.
 */
async function carry(root: string, natsUrl: string, here: string, there: string): Promise<void> {
  const load = <T>(file: string) => import(pathToFileURL(join(root, 'dist', file)).href) as Promise<T>;
  const { openWays, drained, ...later } =
    await load<Partial<typeof import('../depot/captured.js')>>('bench/depot/captured.js');
  const { depot } = await load<typeof import('../depot/depot.js')>('bench/depot/depot.js');
  const { SideAgent } = await load<typeof import('#strangler/sides/agent')>(
    existsSync(join(root, 'libs/strangler/dist'))
      ? '../libs/strangler/dist/sides/agent.js'
      : 'libs/strangler/src/side/agent.js',
  );
  const urls: Readonly<Record<string, string>> = { depot: here, depot_copy: there };
  const servers = {
    nats: () => Promise.resolve(natsUrl),
    freshDatabase: (name: string) => Promise.resolve(urls[name]!),
  };
  const closing = new Closing();
  try {
    const ways = await openWays!(servers, 'depot', closing);
    const { from: database, link } = ways;
    const agent = new SideAgent({ database, module: depot, side: 'monolith', link });
    await agent.start();
    closing.add(() => agent.stop());
    // Releases before 0.2.0 know no pairs.
    if (later.startSending) await later.startSending(ways, agent);
    else await agent.startCapture({ backfill: true });
    await drained!(ways);
    process.stdout.write('ready\n');
    await once(process, 'SIGINT');
  } finally {
    await closing.closeAll();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Logger.overrideLogger(['error', 'warn']);
  const [root, natsUrl, here, there] = process.argv.slice(2) as [string, string, string, string];
  await carry(root, natsUrl, here, there);
}
