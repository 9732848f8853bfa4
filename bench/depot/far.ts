import { Logger } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Database } from '#strangler/database/database';
import { natsConnection } from '#strangler/nats/connection';
import { NatsLink } from '#strangler/nats/link';
import { SideAgent } from '#strangler/sides/agent';
import { depot } from './depot.js';
import { sell, type Sold } from './sell.js';

/** Where sales can be made by message. */
export const saleSubject = 'bench.depot.sell';

/**
 * The process on the other side: stores what the relay sends to the database `copy`, and sells in the database `own` when
 * it is asked to. Prints `ready`.
 */
async function serve(natsUrl: string, copy: string, own: string | undefined): Promise<void> {
  const link = new NatsLink(() => Promise.resolve(natsConnection(natsUrl, {})));
  await new SideAgent({ database: new Database(copy), module: depot, side: 'extracted', link }).start();
  const connection = await link.connected(10_000);
  if (!connection) throw new Error('there is no NATS');
  if (own) serveSales(connection, own);
  await connection.flush();
  process.stdout.write('ready\n');
}

function serveSales(connection: NatsConnection, url: string): void {
  const pool = new pg.Pool({ connectionString: url, max: 16 });
  connection.subscribe(saleSubject, {
    callback: (_error, message) => {
      void pool.connect().then(async (client) => {
        await sell(client, message.json<Sold>());
        client.release();
        message.respond('{}');
      });
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Logger.overrideLogger(['error', 'warn']);
  await serve(process.argv[2]!, process.argv[3]!, process.argv[4]);
}
