import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  moduleNames,
  openService,
  openShop,
  type ModuleName,
  type OpenShop,
  type ShopSetup,
} from '../../support/shop.js';
import { rowsWith } from '../../support/rows-with.js';
import { until } from '../../support/until.js';

/*
 * What a customer gives is needed by the module that it is given to. Whatever else keeps something (results of commands, sagas, samples of
 * answers that differ, comparisons of rows, rows that cannot be carried over, the history, the log) is read by other people, and lives longer.
 * So a whole shop is walked through with values that are found again wherever they are: passwords, a hash, a payment token, names, e-mails.
 */
const mark = randomBytes(6).toString('hex');
const planted = {
  secrets: {
    password: `password-${mark}`,
    wrong: `wrong-${mark}`,
    next: `next-${mark}`,
    token: `tok_${mark}`,
    hash: `hash-${mark}`,
  },
  persons: {
    email: `someone.${mark}@shop.example`,
    other: `another.${mark}@shop.example`,
    unwanted: `unwanted.${mark}@shop.example`,
    name: `Surname${mark}`,
    otherName: `Othername${mark}`,
  },
};
const { secrets, persons } = planted;
const away: readonly ModuleName[] = ['users', 'payments', 'orders'];

let nats: TestNats;
let setup: ShopSetup;
let shop: OpenShop;
let operator: Client;
const services = new Map<ModuleName, Program>();
const outputs: (() => string)[] = [];

beforeAll(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
  Object.assign(setup.env, { LOG_LEVEL: 'trace', KEEP_RESULTS: '48h' });
  const config = setup.env.STRANGLER_CONFIG!;
  await setup.extract(['payments', 'orders']);
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace('users: { phase: monolith', 'users: { phase: shadow'),
  );
  for (const module of away) await open(module);
  shop = await openShop(setup);
  outputs.push(shop.output);
  const wanted: Record<string, string> = { users: 'shadow', payments: 'extracted', orders: 'extracted' };
  await until('all are where they are to be', async () => {
    const rows = await setup.query<{ module: string; phase: string }>(
      'select module, phase from strangler.module',
    );
    const there = rows.filter(({ module, phase }) => wanted[module] === phase);
    return there.length === away.length ? true : undefined;
  });
  operator = await Client.operator(shop);
}, 240_000);
afterAll(async () => {
  endAllPrograms();
  await setup.drop();
  await nats.stop();
});

async function open(module: ModuleName): Promise<void> {
  const service = await openService(setup, module);
  services.set(module, service);
  outputs.push(service.output);
}
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${shop.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const asOwner = async (email: string, password: string): Promise<Record<string, string>> => {
  const response = await post('/api/v1/auth/token', { email, password });
  const { accessToken } = (await response.json()) as { accessToken: string };
  tokens.push(accessToken);
  return { authorization: `Bearer ${accessToken}` };
};
const tokens: string[] = [];

/** Everything that the toolkit keeps in a database: its own schema, and its tables in those of modules. */
async function kept(url: string, tables: readonly string[]): Promise<string> {
  const [found] = await setup.on<{ sql: string }>(
    url,
    `select string_agg(format('select %L || '': '' || t::text as row from %I.%I t', table_schema || '.' || table_name,
       table_schema, table_name), ' union all ') as sql
     from information_schema.tables
     where table_type = 'BASE TABLE' and (table_schema = 'strangler' or table_name = any($1))`,
    [tables],
  );
  return (await setup.on<{ row: string }>(url, found!.sql)).map(({ row }) => row).join('\n');
}
const urls = () => [setup.urls.shop, ...away.map((module) => setup.urls[module])];
async function keptEverywhere(tables: readonly string[]): Promise<string> {
  const texts: string[] = [];
  for (const url of urls()) texts.push(await kept(url, tables));
  return texts.join('\n');
}

async function answers(): Promise<string> {
  const paths = [
    ...['/modules', '/doctor', '/metrics'],
    ...moduleNames.flatMap((module) =>
      ['', '/history', '/mismatches', '/quarantined'].map((path) => `/modules/${module}${path}`),
    ),
  ];
  const { authorization } = operator as unknown as { authorization: string };
  const texts: string[] = [];
  for (const path of paths) {
    const response = await fetch(shop.adminUrl + path, { headers: { authorization } });
    expect([path, response.status]).toEqual([path, 200]);
    texts.push(await response.text());
  }
  return texts.join('\n');
}
const foundIn = (text: string, values: readonly string[]) =>
  values.flatMap((value) => text.split('\n').filter((line) => line.includes(value)));

const shortly = (where: string, lines: readonly string[]) =>
  [...new Set(lines)].slice(0, 5).map((line) => `${where}: ${line.slice(0, 300)}`);

it('walks through the whole shop, and leaves nothing behind that is secret or tells of a person', async () => {
  // A customer, who mistypes, changes the password, and orders.
  const named = { email: persons.email, name: persons.name };
  expect((await post('/api/v1/users', { ...named, password: secrets.password })).status).toBe(201);
  expect((await post('/api/v1/auth/token', { email: persons.email, password: secrets.wrong })).status).toBe(
    401,
  );
  let me = await asOwner(persons.email, secrets.password);
  const [account] = await setup.query<{ id: string; hash: string }>(
    'select id, password_hash as hash from users.account where email = $1',
    [persons.email],
  );
  const { id, hash } = account!;
  const changed = await fetch(`${shop.url}/api/v1/users/${id}/password`, {
    method: 'PUT',
    headers: { ...me, 'content-type': 'application/json' },
    body: JSON.stringify({ currentPassword: secrets.password, newPassword: secrets.next }),
  });
  expect(changed.ok).toBe(true);
  me = await asOwner(persons.email, secrets.next);
  await (await Client.admin(shop.url)).stock('A-1', 100);
  const order = (token: string, key: string = randomUUID()) =>
    post(
      '/api/v1/orders',
      { items: [{ sku: 'A-1', quantity: 1 }], payment: { token } },
      { ...me, 'idempotency-key': key },
    );
  expect((await order('tok_ok')).status).toBe(201);
  expect((await order(secrets.token)).status).toBe(402);

  // An order that waits for its payment, and is then given up.
  await services.get('payments')!.end('SIGKILL');
  const waiting = await order(secrets.token);
  expect(await waiting.json()).toMatchObject({ status: 'pending_payment' });
  expect(foundIn(await keptEverywhere(['saga']), [secrets.token])).not.toEqual([]);
  await open('payments');
  await until('it is given up', async () => {
    const open = await setup.on(
      setup.urls.orders,
      `select from orders.saga where status not in ('done', 'failed')`,
    );
    return open.length === 0 ? true : undefined;
  });

  // The copy of the users is corrupted behind everybody's back: shadow reads and verify find it.
  await setup.query(`
    create table public.cursors (cursor jsonb);
    create function public.see() returns trigger language plpgsql as $$ begin
      insert into public.cursors values (new.cursor); return null; end $$;
    create trigger see after update on strangler.verification for each row execute function public.see()`);
  await setup.on(
    setup.urls.users,
    `begin; select set_config('strangler.applying', 'users', true);
     update users.account set email = '${persons.other}', last_name = '${persons.otherName}', password_hash = '${secrets.hash}' where id = '${id}';
     commit`,
  );
  await until('a shadow read has found it', async () => {
    await fetch(`${shop.url}/api/v1/users/${id}`, { headers: me });
    const samples = await setup.query(`select from strangler.mismatch where module = 'users'`);
    return samples.length > 0 ? true : undefined;
  });
  expect((await operator.send('POST', '/modules/users/verify', {})).status).toBe(202);
  await until('verify has found it', async () => {
    const { body } = await operator.send('GET', '/modules/users/history');
    return JSON.stringify(body).includes('differs in') ? true : undefined;
  });
  expect(
    await setup.query(`select from public.cursors where cursor::text like '%password_hash%'`),
  ).not.toEqual([]);

  // A row that the other side does not take, for its e-mail.
  await setup.on(
    setup.urls.users,
    `alter table users.account add constraint odd check (email not like 'unwanted%')`,
  );
  await post('/api/v1/users', { email: persons.unwanted, name: persons.name, password: secrets.password });
  await until('it is parked', async () => {
    const { body } = await operator.send('GET', '/modules/users/quarantined');
    return JSON.stringify(body).includes('odd') ? true : undefined;
  });

  const hashes = await setup.query<{ hash: string }>('select password_hash as hash from users.account');
  const neverKept = [...Object.values(secrets), ...tokens, hash, ...hashes.map((each) => each.hash)];
  const everything = await keptEverywhere(['saga']);
  const results = await keptEverywhere(['idempotency', 'saga']);
  const cursors = await setup.query<{ text: string }>('select cursor::text as text from public.cursors');
  const told = await answers();
  const log = outputs.map((output) => output()).join('\n');
  const seen = cursors.map(({ text }) => text).join('\n');
  // The search finds what is there: an answer that is kept names the customer.
  expect(foundIn(results, [persons.email])).not.toEqual([]);
  const secretsFound = { results, seen, told, log };
  const personsFound = { everything, seen, told, log };
  const leaks = [
    ...Object.entries(secretsFound).flatMap(([where, text]) => shortly(where, foundIn(text, neverKept))),
    ...Object.entries(personsFound).flatMap(([where, text]) =>
      shortly(where, foundIn(text, Object.values(persons))),
    ),
  ];
  expect(leaks).toEqual([]);

  // The person is erased: from here on no table of any database knows the e-mail, nor has any log told it.
  const erased = await fetch(`${shop.url}/api/v1/users/${id}`, {
    method: 'DELETE',
    headers: { ...me, 'content-type': 'application/json' },
    body: JSON.stringify({ password: secrets.next }),
  });
  expect(erased.status).toBe(200);
  for (const url of urls())
    await until('it is nowhere', async () => {
      const rows = await rowsWith((sql) => setup.on(url, sql), persons.email);
      return rows.length === 0 ? true : undefined;
    });
  expect(foundIn(outputs.map((output) => output()).join('\n'), [persons.email])).toEqual([]);
}, 300_000);

it('what is older than KEEP_RESULTS goes by itself, at the side that owns it', async () => {
  const old = randomUUID();
  await setup.on(
    setup.urls.orders,
    `insert into orders.idempotency (command_id, routing_key, input_hash, result, created_at)
     values ($1, 'k', '', '{}', clock_timestamp() - interval '3 days')`,
    [old],
  );
  for (const url of [setup.urls.orders, setup.urls.shop])
    await until(
      'it is gone',
      async () => {
        const rows = await setup.on(url, 'select from orders.idempotency where command_id = $1', [old]);
        return rows.length === 0 ? true : undefined;
      },
      120_000,
    );
  const metrics = await (await fetch(`${shop.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^strangler_prune_age_seconds\{module="inventory",what="results"\} \d/m);
}, 150_000);
