import 'reflect-metadata';
import { runServer } from '#platform';
import type { AddressInfo } from 'node:net';
import { createApp, type Wiring } from './app.js';
import { injectServices } from './direct.js';

const usage = 'serve <database url> <wiring>';
const settings = (_env: unknown, [databaseUrl = '', wiring]: readonly string[]) => ({
  databaseUrl,
  wiring: wiring as Wiring,
});

/** One of the two apps in a process of its own. Prints its address when it is ready. */
await runServer(
  { usage, takesArguments: true, settings },
  async ({ settings: { databaseUrl, wiring } }, closing) => {
    const app = await createApp(databaseUrl);
    closing.add(() => app.close());
    if (wiring === 'direct') injectServices(app);
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    process.stdout.write(`http://127.0.0.1:${port}\n`);
  },
);
