import express, { type ErrorRequestHandler, type Express, type Router } from 'express';
import multer from 'multer';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import type { Settings } from './config.js';
import { html, page } from './pages.js';
import { prepareDatabase } from './schema.js';
import { sessions } from './session.js';

/** An application that listens. */
export interface Website {
  url: string;
  /** Answers what it has begun, and ends. */
  close(): Promise<void>;
}

/** Opens an application that is made of `routers`, over its database. */
export async function openWebsite(
  settings: Settings,
  routers: (pool: pg.Pool) => readonly Router[],
): Promise<Website> {
  const pool = new pg.Pool({ connectionString: settings.databaseUrl, connectionTimeoutMillis: 10_000 });
  // A connection that is lost while nobody uses it is replaced by the next one.
  pool.on('error', ({ message }) => console.error(message));
  await prepareDatabase(pool);
  const app = createApp(settings, pool);
  app.use(...routers(pool));
  app.use((_req, res) => res.status(404).send(page('Not found', html`<p>There is no such page.</p>`)));
  app.use(onError);
  const server = createServer(app).listen(settings.port, settings.host);
  await once(server, 'listening');
  return {
    url: `http://${settings.host}:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
      await pool.end();
    },
  };
}

function createApp({ sessionSecret, trustProxy }: Settings, pool: pg.Pool): Express {
  const app = express();
  app.set('trust proxy', trustProxy);
  app.get('/health', async (_req, res) => {
    await pool.query('select');
    res.json({ status: 'ok' });
  });
  app.use(sessions(pool, sessionSecret), express.urlencoded({ extended: false }), express.json());
  return app;
}

const onError: ErrorRequestHandler = (error: Error & { status?: number }, _req, res, next) => {
  // Half an answer cannot be taken back; Express cuts it off, so that nobody takes it for whole.
  if (res.headersSent) return next(error);
  const status = error instanceof multer.MulterError ? multerStatus(error) : (error.status ?? 500);
  if (status >= 500) console.error(error);
  res
    .status(status)
    .send(page('Sorry', html`<p>${status < 500 ? error.message : 'Something went wrong.'}</p>`));
};

const multerStatus = ({ code }: multer.MulterError): number => (code === 'LIMIT_FILE_SIZE' ? 413 : 400);

/** Runs a website until the process is told to end. */
export async function serve(
  name: string,
  settings: Settings,
  routers: (pool: pg.Pool) => readonly Router[],
): Promise<void> {
  const website = await openWebsite(settings, routers);
  let closed: Promise<void> | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void (closed ??= website.close()));
  }
  console.log(`${name} is open: ${website.url}`);
}
