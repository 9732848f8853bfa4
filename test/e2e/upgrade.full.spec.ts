import { accountOf } from '#sample';
import { NatsLink } from '#strangler/nats/link';
import { Routes, routeOf } from '#strangler/routes/routes';
import { followRoutes } from '#strangler/nats/route-sync';
import { Logger } from '@nestjs/common';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { writeFile } from 'node:fs/promises';
import pg from 'pg';
import { decodeFrame } from '#strangler/engine/replication/frame';
import { decodeReply } from '#strangler/calls/remote/codec';
import { fixtureOf, releases } from '../fixtures/fixture.js';
import { areaOf, type Exchange, type Recorded } from '../fixtures/make/record.js';
import { changesNothing, formOf, messageOf, subjectNow, type ControlRequest } from '../fixtures/recorded.js';
import { upgraded } from '../fixtures/restore.js';
import { startNats, type TestNats } from '../support/nats.js';
import { OperatorClient } from '../support/operator.js';
import { endAllPrograms } from '../support/programs.js';
import { Client, makeSetup, openService, openShop, type OpenShop, type ShopSetup } from '../support/shop.js';
import { until } from '../support/until.js';

/** What customers would miss, by a column that tells its rows apart, and where it is when inventory has moved. */
const treasures = [
  { table: 'users.account', id: 'id::text', home: 'shop' },
  { table: 'orders.orders', id: 'id::text', home: 'shop' },
  { table: 'payments.payment', id: 'id::text', home: 'shop' },
  { table: 'payments.provider_ledger', id: `order_id || ' ' || idempotency_key`, home: 'shop' },
  { table: 'inventory.stock_item', id: 'sku', home: 'inventory' },
  { table: 'inventory.reservation', id: `order_id || ' ' || sku`, home: 'inventory' },
] as const;

/** What is in the middle of something when the processes are killed, by where it stands. Of 0.1.0 only the first. */
const atStake = [
  ['shop', `select from strangler.outbox where module = 'inventory'`],
  ['shop', `select from strangler.outbox where module = 'users' and parked is not null`],
  ['shop', `select from strangler.ownership where module = 'inventory' and fence_from is not null`],
  ['shop', `select from strangler.ownership where module = 'users' and peer is not null`],
  ['shop', `select from orders.saga where status in ('running', 'waiting', 'compensating')`],
] as const;

/* Its processes were killed in the middle of inventory's move; today's programs are started on what they left. */
describe.each(releases())('a shop of %s', (version) => {
  const { monolith, inventory, users, exchanges, books } = fixtureOf(version);
  /** Messages of 0.1.0 name no database. */
  const namesDatabases = version !== '0.1.0';
  let nats: TestNats;
  let setup: ShopSetup;
  let shop: OpenShop;
  let operator: OperatorClient;
  let connection: NatsConnection;
  let older: pg.Client;
  let before: string[];
  let ids: Record<'shop' | 'inventory', string>;

  beforeAll(async () => {
    nats = await startNats();
    const databases = { shop: await upgraded(monolith), inventory: await upgraded(inventory) };
    setup = await makeSetup(nats.url, { ...databases, ...(users && { users: await upgraded(users) }) });
    for (const [where, sql] of namesDatabases ? atStake : atStake.slice(0, 1))
      expect([sql, (await setup.on(setup.urls[where], sql)).length]).not.toEqual([sql, 0]);
    before = [...(await rowsAt('shop', 'shop')), ...(await rowsAt('shop', 'inventory'))];
    before.push(...(await rowsAt('inventory', 'inventory')));
    await want('phase: shifting, percent: 25');
    // Calls that are not signed are taken as long as somebody of an older release is there.
    older = new pg.Client({ connectionString: setup.urls.shop, application_name: 'strangler 0.2.0' });
    await older.connect();
    [shop] = await Promise.all([
      openShop(setup),
      openService(setup, 'inventory'),
      ...(users ? [openService(setup, 'users')] : []),
    ]);
    operator = await OperatorClient.of(shop);
    connection = await connect({ servers: nats.url });
    ids = { shop: await idOf(setup.urls.shop), inventory: await idOf(setup.urls.inventory) };
  }, 120_000);
  afterAll(async () => {
    await connection.close();
    await older.end();
    endAllPrograms();
    await setup.drop();
    await nats.stop();
  });

  const atOnce = 'ramp: [25, 100], bake: 0s, gates: { minSamples: 0, errorRate: 1, p99Ratio: 1000 }';
  /** As `npm run fixture` wished: gates that pass without customers, and while a process is killed. */
  const want = (inventory: string) =>
    writeFile(
      setup.env['STRANGLER_CONFIG'] as string,
      `modules:\n  inventory: { ${inventory}, ${atOnce} }\n${users ? `  users: { phase: shadow, ${atOnce} }\n` : ''}`,
    );

  /** The rows in a database of what is at home there in the end. */
  async function rowsAt(place: 'shop' | 'inventory', home: 'shop' | 'inventory'): Promise<string[]> {
    const sql = treasures
      .filter((treasure) => treasure.home === home)
      .map(({ table, id }) => `select '${table} ' || ${id} as row from ${table}`);
    const rows = await setup.on<{ row: string }>(setup.urls[place], sql.join(' union all '));
    return rows.map(({ row }) => row);
  }

  const idOf = async (url: string) =>
    (await setup.on<{ id: string }>(url, 'select strangler.database_id() as id'))[0]!.id;

  const said = (area: string): Exchange[] => exchanges.filter(({ subject }) => areaOf(subject) === area);
  const answered = (area: string) =>
    said(area).filter((exchange): exchange is Exchange & { reply: Recorded } => Boolean(exchange.reply));

  /** Sends what was recorded to today's processes, with other headers if any. */
  async function replay(
    { subject, data, headers: told = {} }: Exchange,
    change = {},
    timeout = 10_000,
  ): Promise<object> {
    const sent = headers();
    sent.set('From', `${ids.shop} ${ids.shop}`);
    for (const [name, value] of Object.entries({ ...told, ...change })) sent.set(name, String(value));
    return (await connection.request(subjectNow(subject, ids), data, { headers: sent, timeout })).json();
  }

  it('stands where it stood, with all migrations run', async () => {
    // A hand-off that had begun is ended first, one way or the other.
    await until('a quarter of inventory is extracted', async () => {
      const { phase, percent, transition } = await operator.status('inventory');
      return phase === 'shifting' && percent === 25 && !transition ? true : undefined;
    });
    expect(before.length).toBeGreaterThan(500);
  });

  describe('is understood: its', () => {
    const calls = answered('rpc');
    const done = calls.filter(({ reply }) => 'ok' in JSON.parse(reply.data));

    it('queries are answered, whatever the clock said then, and not after their deadline', async () => {
      const queries = done.filter(({ headers: told }) => !told?.['Command-Id']);
      const plain = queries.filter(({ headers: told }) => !told?.['Shadow']);
      expect(plain.length).toBeGreaterThan(0);
      expect(queries.length).toBeGreaterThan(plain.length);
      // Goods that nobody can buy are as they were.
      for (const query of plain) {
        const reply = JSON.parse(query.reply.data);
        const now = await replay(query);
        if (query.data.includes('EMPTY')) expect(now).toMatchObject(reply);
        else expect(formOf(now)).toMatchObject(formOf(reply));
        expect(await replay(query, { 'Time-Left': 0 })).toMatchObject({ error: { code: 'unavailable' } });
      }
      for (const query of queries) expect(await replay(query)).toHaveProperty('ok');
    });

    it('commands that are delivered again have the same answer, and no other effect', async () => {
      const commands = done.filter(({ headers: told }) => told?.['Command-Id']);
      expect(commands.some(({ headers: told }) => told?.['Undo-Of'])).toBe(true);
      for (const command of commands) {
        const { ok } = JSON.parse(command.reply.data);
        expect(await replay(command)).toMatchObject({ ok });
      }
    });

    const batches = answered('replicate').filter(({ headers: told }) => !told?.['Question']);
    const idle = answered('control').filter(({ data }) => data && changesNothing(requestIn(data)));

    it('batches and requests of the controller are recorded', () => {
      const kinds = batches.flatMap(({ data }) =>
        decodeFrame(Buffer.from(data)).parts.map(({ kind }) => kind),
      );
      expect(new Set(kinds)).toEqual(new Set(['rows', 'chunk']));
      expect(new Set(idle.map(({ data }) => requestIn(data).method)).size).toBeGreaterThan(14);
    });

    if (namesDatabases) {
      it('batches are read, and refused: they are of a start that is no more', async () => {
        for (const batch of batches) expect(await replay(batch)).toMatchObject({ outcome: 'hello first' });
      });

      it('controller is answered, in the same form', async () => {
        for (const request of idle)
          expect(formOf(await replay(request))).toMatchObject(formOf(JSON.parse(request.reply.data)));
      });
    } else {
      it('batches reach nobody', async () => {
        for (const batch of batches)
          await expect(replay(batch, {}, 500)).rejects.toThrow(/no responders|timeout/);
      });

      it('controller is not obeyed', async () => {
        for (const request of idle) {
          const reply = await replay(request, {}, 500).catch(() => ({}));
          expect(reply).not.toHaveProperty('ok');
        }
      });
    }

    it('services are told routes that hold all that they look for', async () => {
      const asked = answered('routes');
      expect(asked.length).toBeGreaterThan(0);
      for (const request of asked)
        expect(formOf(await replay(request))).toMatchObject(formOf(JSON.parse(request.reply.data)));
    });

    it('replies are read', () => {
      for (const { reply } of done)
        expect(decodeReply(messageOf(reply), undefined)).toEqual(JSON.parse(reply.data).ok);
      const refused = calls.find(({ reply }) => 'error' in JSON.parse(reply.data))!;
      const { code } = JSON.parse(refused.reply.data).error;
      expect(() => decodeReply(messageOf(refused.reply), undefined)).toThrow(
        expect.objectContaining({ code }),
      );
    });

    it(`routes ${namesDatabases ? 'are followed' : 'lead nobody anywhere'}`, async () => {
      // Another server: the service here follows today's routes.
      const apart = await startNats();
      Logger.overrideLogger(false);
      const link = new NatsLink(() => Promise.resolve({ servers: apart.url }));
      const teller = (await link.connected(5_000))!;
      const recorded = said('routes').filter(({ data }) => data);
      expect(recorded.length).toBeGreaterThan(0);
      const now = {
        inventory: { ...routeOf('shifting'), databases: { monolith: ids.shop, extracted: null } },
      };
      for (const { data } of recorded) {
        const routes = new Routes();
        routes.join({ database: ids.inventory, shop: ids.shop, since: null, modules: ['inventory'] });
        const taken = jest.spyOn(routes, 'replace');
        const stop = followRoutes(link, routes, []);
        await until('routes are taken over', () => {
          teller.publish(link.subjects.routesChanged(ids.shop), data);
          if (!namesDatabases) teller.publish(link.subjects.routesChanged(ids.shop), JSON.stringify(now));
          return routes.entryOf('inventory');
        });
        for (const [table] of taken.mock.calls)
          expect(table).toEqual(namesDatabases ? JSON.parse(data) : now);
        stop();
      }
      await link.close();
      await apart.stop();
    });
  });

  it('goes on: customers order, inventory arrives, and nothing is lost', async () => {
    const admin = await Client.admin(shop.url);
    const customer = await Client.register(shop.url);
    for (const sku of Object.keys(books.received).slice(0, 6))
      expect(await customer.order(`after the upgrade ${sku}`, { [sku]: 1 })).toMatchObject({ status: 201 });

    const { body } = await operator.get<{ items: { id: number }[] }>('/modules/users/parked');
    expect(body.items.length > 0).toBe(namesDatabases);
    await operator.act('users', 'parked', { how: 'retry', ids: body.items.map(({ id }) => id) });
    await until('nothing is parked', async () =>
      (await setup.query('select from strangler.outbox where parked is not null')).length === 0
        ? true
        : undefined,
    );

    await want('phase: extracted');
    await until('inventory is extracted', async () => {
      const { phase } = await operator.status('inventory');
      return phase === 'extracted' ? true : undefined;
    }).catch(async (error: unknown) => {
      throw new Error(`${String(error)}; it is ${JSON.stringify(await operator.status('inventory'))}`);
    });
    expect(await customer.order('at the end', { 'F-1': 1 })).toMatchObject({ status: 201 });

    const after = new Set([...(await rowsAt('shop', 'shop')), ...(await rowsAt('inventory', 'inventory'))]);
    expect(before.filter((row) => !after.has(row))).toEqual([]);
    for (const [id, status] of Object.entries(books.orders)) {
      const { body } = await admin.send<{ status: string }>('GET', `/api/v1/orders/${id}`);
      // A cancellation that was under way may have been carried out, and nobody was told.
      expect([status, 'cancelled']).toContain(body.status);
    }
    await until('the books are quiet and true', async () => {
      const { shop: orders, inventory: stock } = setup.urls;
      const { violations } = await accountOf(
        { inventory: stock, payments: orders, orders },
        { received: new Map(Object.entries(books.received)) },
      );
      return violations.length === 0 ? true : undefined;
    });
  }, 240_000);
});

function requestIn(data: string): ControlRequest {
  return JSON.parse(data);
}
