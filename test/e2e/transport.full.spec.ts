import { get } from 'node:https';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { makeAuthority, type Authority } from '../support/certificates.js';
import { startNats, type TestNats } from '../support/nats.js';
import type { OwnPostgres } from '../support/own-postgres.js';
import { endAllPrograms, startProgram } from '../support/programs.js';
import { Client, makeSetup, openGateway, openService, openShop, type ShopSetup } from '../support/shop.js';
import { startTlsPostgres } from '../support/tls-postgres.js';
import { until } from '../support/until.js';

/* A shop, a service and a gateway on a PostgreSQL that takes nobody without TLS, and clients that speak HTTPS. */
let authority: Authority;
let server: OwnPostgres;
let nats: TestNats;
let setup: ShopSetup;

beforeAll(async () => {
  [authority, nats] = await Promise.all([makeAuthority(), startNats()]);
  server = await startTlsPostgres(authority);
  const drop = async () => undefined;
  const secure = `?sslmode=verify-full&sslrootcert=${encodeURIComponent(authority.file)}`;
  const at = (name: string) => ({ url: server.database(name) + secure, drop });
  setup = await makeSetup(nats.url, {
    shop: { ...at('shop') },
    inventory: at('inventory'),
  });
}, 60_000);
afterAll(async () => {
  endAllPrograms();
  await nats.stop();
  await server.stop();
  await Promise.all([setup.drop(), authority.drop()]);
});

const files = () => ({
  TLS_CERT: join(authority.folder, 'tls.crt'),
  TLS_KEY: join(authority.folder, 'tls.key'),
});

async function read(url: string): Promise<unknown> {
  const [response] = (await once(get(url, { ca: authority.cert }), 'response')) as [IncomingMessage];
  return json(response);
}

it('a module leaves, and a gateway in front, all of it encrypted', async () => {
  const { cert, key } = await authority.issue('gateway.example');
  await writeFile(files().TLS_CERT, cert);
  await writeFile(files().TLS_KEY, key);
  const shop = await openShop(setup);
  const admin = await Client.admin(shop.url);
  await admin.stock('T-1', 5);
  await setup.extract(['inventory']);
  await openService(setup, 'inventory');
  await setup.arrived();
  // Its database by the other way to say it.
  const gateway = await openGateway(setup, server.database('gateway'), {
    ...files(),
    DATABASE_TLS_CA: authority.file,
  });
  expect(gateway.url).toMatch(/^https:/);
  await until('it is ready', async () =>
    (await fetch(`${gateway.adminUrl}/health/ready`)).ok ? true : undefined,
  );
  expect(await read(`${gateway.url}/api/v1/products/T-1`)).toMatchObject({ available: 5 });
  const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^tls_certificate_not_after_seconds \d{10}$/m);
  const clear = await setup.query<{ application_name: string }>(
    'select application_name from pg_stat_ssl join pg_stat_activity using (pid) where not ssl and client_port > 0',
  );
  expect(clear).toEqual([]);
}, 120_000);

it.each([
  ['apps/monolith/src/main.js', 'DATABASE_URL', []],
  ['apps/extracted/src/main.js', 'INVENTORY_DATABASE_URL', ['inventory']],
  ['apps/gateway/src/main.js', 'GATEWAY_DATABASE_URL', []],
])(
  '%s does not start before a database that somebody else vouches for, and says so',
  async (entry, setting, args) => {
    const other = await makeAuthority();
    const url = server.database('elsewhere');
    const program = startProgram(entry, args, { ...setup.env, [setting]: url, DATABASE_TLS_CA: other.file });
    expect(await program.ended()).toBe(1);
    expect(program.output()).toMatch(
      new RegExp(
        `^the database elsewhere at \\S+ \\(${setting}\\) cannot be opened: .*set DATABASE_TLS_CA to the file of its CA$`,
        'm',
      ),
    );
    await other.drop();
  },
);

it('a key of another certificate stops the start, with the names of the settings', async () => {
  const { key } = await authority.issue('other.example');
  await writeFile(files().TLS_KEY, key);
  const program = startProgram('apps/monolith/src/main.js', [], { ...setup.env, ...files() });
  expect(await program.ended()).toBe(1);
  expect(program.output()).toMatch(/^TLS_CERT=.* and TLS_KEY=.*: the key is not that of the certificate$/m);
});
