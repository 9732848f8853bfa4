import { natsConnection } from '#platform';
import { connect } from '@nats-io/transport-node';
import { createServer, type Server } from 'node:http';
import pg from 'pg';

/** A product read with as little as it takes: a server of Node, a query, and the client of NATS where it is asked of another process. */
const sql = {
  name: 'goods',
  text: 'select sku, description, amount, currency, available from goods where sku = $1',
};

const subject = 'bench.goods';

type Find = (sku: string) => Promise<string>;

function finder(databaseUrl: string): Find {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  return async (sku) => {
    const { rows } = await pool.query<Record<string, unknown>>({ ...sql, values: [sku] });
    const { amount, currency, ...product } = rows[0] ?? {};
    return JSON.stringify({ ...product, price: { amount, currency } });
  };
}

const answering = (find: Find): Server =>
  createServer((request, response) => {
    const sku = (request.url ?? '').slice('/api/v1/products/'.length);
    void find(sku).then((body) => {
      response.writeHead(200, {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  });

/** HTTP, and a query. */
export const goodsHere = (databaseUrl: string): Server => answering(finder(databaseUrl));

/** HTTP, and one call over NATS. */
export async function goodsThere(natsUrl: string): Promise<Server> {
  const connection = await connect(natsConnection(natsUrl, {}));
  return answering(async (sku) => (await connection.request(subject, sku, { timeout: 5_000 })).string());
}

/** Answers calls over NATS with a query each; over HTTP too, like all that are started here. */
export async function goodsServed(databaseUrl: string, natsUrl: string): Promise<Server> {
  const [connection, find] = [await connect(natsConnection(natsUrl, {})), finder(databaseUrl)];
  connection.subscribe(subject, {
    callback: (_error, message) => void find(message.string()).then((body) => message.respond(body)),
  });
  await connection.flush();
  return answering(find);
}
