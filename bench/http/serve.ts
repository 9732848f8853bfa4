import 'reflect-metadata';
import { runServer } from '#platform';
import type { AddressInfo } from 'node:net';
import { createApp, type Wiring } from './app.js';
import { injectServices } from './direct.js';

/** One of the two apps in a process of its own. Prints its address when it is ready. */
const [databaseUrl, wiring] = process.argv.slice(2) as [string, Wiring];

await runServer({ usage: 'serve <database url> <wiring>', takesArguments: true }, async (_env, closing) => {
  const app = await createApp(databaseUrl);
  closing.add(() => app.close());
  if (wiring === 'direct') injectServices(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
