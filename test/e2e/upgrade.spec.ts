import { accountOf } from '#sample';
import { NatsLink, Routes, followRoutes, routeOf } from '#strangler';
import { Logger } from '@nestjs/common';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { writeFile } from 'node:fs/promises';
import { decodeFrame } from '../../libs/strangler/src/replication/frame.js';
import type { Side } from '../../libs/strangler/src/phase.js';
import { decodeReply } from '../../libs/strangler/src/rpc/codec.js';
import { anyDatabase, Subjects } from '../../libs/strangler/src/rpc/subjects.js';
import { fixtureOf, releases } from '../fixtures/fixture.js';
import { areaOf, type Exchange, type Recorded } from '../fixtures/make/record.js';
import { upgraded } from '../fixtures/restore.js';
import { startNats, type TestNats } from '../support/nats.js';
import { OperatorClient } from '../support/operator.js';
import { endAllPrograms } from '../support/programs.js';
import {
  Client,
  makePremises,
  openService,
  openShop,
  type OpenShop,
  type Premises,
} from '../support/shop.js';
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

/* Its processes were killed in the middle of inventory's move; today's programs are started on what they left. */
describe.each(releases())('a shop of %s', (version) => {
  const { monolith, inventory, exchanges, books } = fixtureOf(version);
  let nats: TestNats;
  let premises: Premises;
  let shop: OpenShop;
  let operator: OperatorClient;
  let connection: NatsConnection;
  let before: string[];
  let ids: Record<'shop' | 'inventory', string>;

  beforeAll(async () => {
    nats = await startNats();
    const databases = { shop: await upgraded(monolith), inventory: await upgraded(inventory) };
    premises = await makePremises(nats.url, databases);
    before = [...(await rowsAt('shop', 'shop')), ...(await rowsAt('shop', 'inventory'))];
    before.push(...(await rowsAt('inventory', 'inventory')));
    await want('phase: shifting, percent: 25');
    [shop] = await Promise.all([openShop(premises), openService(premises, 'inventory')]);
    operator = await OperatorClient.of(shop);
    connection = await connect({ servers: nats.url });
    ids = { shop: await idOf(premises.urls.shop), inventory: await idOf(premises.urls.inventory) };
  }, 120_000);
  afterAll(async () => {
    await connection.close();
    endAllPrograms();
    await premises.drop();
    await nats.stop();
  });

  /** As `npm run fixture` wished: gates that pass without customers, and while a process is killed. */
  const want = (inventory: string) =>
    writeFile(
      premises.env['STRANGLER_CONFIG'] as string,
      `modules:\n  inventory: { ${inventory}, ramp: [25, 100], bake: 0s, gates: { minSamples: 0, errorRate: 1, p99Ratio: 1000 } }\n`,
    );

  /** The rows in a database of what is at home there in the end. */
  async function rowsAt(place: 'shop' | 'inventory', home: 'shop' | 'inventory'): Promise<string[]> {
    const sql = treasures
      .filter((treasure) => treasure.home === home)
      .map(({ table, id }) => `select '${table} ' || ${id} as row from ${table}`);
    const rows = await premises.on<{ row: string }>(premises.urls[place], sql.join(' union all '));
    return rows.map(({ row }) => row);
  }

  const idOf = async (url: string) =>
    (await premises.on<{ id: string }>(url, 'select strangler.database_id() as id'))[0]!.id;

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
  const inTime = () => ({ Deadline: Date.now() + 10_000 });

  it('stands where it stood, with all migrations run', async () => {
    expect(await operator.status('inventory')).toMatchObject({ phase: 'shifting', percent: 25 });
    expect(before.length).toBeGreaterThan(500);
  });

  describe('is understood: its', () => {
    const calls = answered('rpc');
    const done = calls.filter(({ reply }) => 'ok' in JSON.parse(reply.data));

    it('queries are answered, and not after their deadline', async () => {
      const queries = done.filter(({ headers: told }) => !told?.['Command-Id']);
      const plain = queries.filter(({ headers: told }) => !told?.['Shadow']);
      expect(plain.length).toBeGreaterThan(0);
      expect(queries.length).toBeGreaterThan(plain.length);
      for (const query of plain) {
        const { ok } = JSON.parse(query.reply.data);
        expect(await replay(query, inTime())).toMatchObject({ ok });
        expect(await replay(query)).toMatchObject({ error: { code: 'unavailable' } });
      }
      for (const query of queries) expect(await replay(query, inTime())).toHaveProperty('ok.sku');
    });

    it('commands that are delivered again have the same answer, and no other effect', async () => {
      const commands = done.filter(({ headers: told }) => told?.['Command-Id']);
      expect(commands.some(({ headers: told }) => told?.['Undo-Of'])).toBe(true);
      for (const command of commands) {
        const { ok } = JSON.parse(command.reply.data);
        expect(await replay(command, inTime())).toMatchObject({ ok });
      }
    });

    it('batches reach nobody: they name no database', async () => {
      const batches = answered('replicate');
      const kinds = batches.flatMap(({ data }) =>
        decodeFrame(Buffer.from(data)).parts.map(({ kind }) => kind),
      );
      expect(new Set(kinds)).toEqual(new Set(['rows', 'chunk']));
      for (const batch of batches)
        await expect(replay(batch, {}, 500)).rejects.toThrow(/no responders|timeout/);
    });

    it('controller is not obeyed: it names no database', async () => {
      const idle = answered('control').filter(({ data }) => changesNothing(JSON.parse(data)));
      const methods = new Set(idle.map(({ data }) => JSON.parse(data).method));
      expect(methods.size).toBeGreaterThan(14);
      for (const request of idle) {
        const reply = await replay(request, {}, 500).catch(() => ({}));
        expect(reply).not.toHaveProperty('ok');
      }
    });

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

    it('routes lead nobody anywhere: they name no databases', async () => {
      // Another server: the service here follows today's routes.
      const apart = await startNats();
      Logger.overrideLogger(false);
      const link = new NatsLink(() => Promise.resolve({ servers: apart.url }));
      const routes = new Routes();
      routes.join({ database: 'e', shop: 'm', since: null, modules: ['inventory'] });
      const taken = jest.spyOn(routes, 'replace');
      const stop = followRoutes(link, routes);
      const teller = (await link.connected(5_000))!;
      const old = said('routes').filter(({ data }) => data);
      expect(old.length).toBeGreaterThan(0);
      const now = { inventory: { ...routeOf('shifting'), databases: { monolith: 'm', extracted: 'e' } } };
      await until('the routes of today are taken over', () => {
        for (const { data } of old) teller.publish(link.subjects.routesChanged('m'), data);
        teller.publish(link.subjects.routesChanged('m'), JSON.stringify(now));
        return routes.entryOf('inventory');
      });
      for (const [table] of taken.mock.calls) expect(table).toEqual(now);
      stop();
      await link.close();
      await apart.stop();
    });
  });

  it('goes on: customers order, inventory arrives, and nothing is lost', async () => {
    const admin = await Client.admin(shop.url);
    const customer = await Client.register(shop.url);
    for (const sku of Object.keys(books.received).slice(0, 6))
      expect(await customer.order(`after the upgrade ${sku}`, { [sku]: 1 })).toMatchObject({ status: 201 });

    await want('phase: extracted');
    await until('inventory is extracted', async () => {
      const { phase } = await operator.status('inventory');
      return phase === 'extracted' ? true : undefined;
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
      const { shop: orders, inventory: stock } = premises.urls;
      const { violations } = await accountOf(
        { inventory: stock, payments: orders, orders },
        { received: new Map(Object.entries(books.received)) },
      );
      return violations.length === 0 ? true : undefined;
    });
  }, 240_000);
});

/**
 * Where today's processes hear what was said on a subject of 0.1.0, which had neither namespaces nor databases. A call is said as
 * today's callers say it, for its answer has to be the same; what the controller and a relay said names nobody.
 */
function subjectNow(recorded: string, ids: Record<'shop' | 'inventory', string>): string {
  const subjects = new Subjects();
  const [area, module = '', ...more] = recorded.split('.');
  const to = (side?: string) => ({ module, side: side as Side, database: anyDatabase });
  const database = more[1] === 'monolith' ? ids.shop : ids.inventory;
  if (area === 'rpc') return subjects.rpc({ ...to(more[1]), database }, more[0] as string);
  if (area === 'control') return subjects.control(to(more[0]));
  if (area === 'replicate') return subjects.replicate(to(more[0]));
  return area === 'routes' ? subjects.routesGet(ids.shop) : recorded;
}

/** Requests that only look, or that name an epoch that never was. */
function changesNothing({
  method,
  argument,
}: {
  method: string;
  argument?: Record<string, unknown>;
}): boolean {
  if (argument?.['epoch'] === 0) return true;
  const looks = ['state', 'check', 'parked', 'chunkEnd', 'chunkHash', 'chunkRows', 'inFlight', 'nosuch'];
  const nothingAsked = [argument?.['ids'], argument?.['rows']].some(
    (list) => Array.isArray(list) && !list.length,
  );
  return looks.includes(method) || nothingAsked || (method === 'drained' && argument?.['upTo'] === 0);
}

/** A value with its kinds for its values: what a reader of JSON relies on. */
function formOf(value: object): object {
  return formOfAny(value) as object;
}

function formOfAny(value: unknown): unknown {
  if (Array.isArray(value)) return 'list';
  if (typeof value !== 'object' || value === null) return value === null ? expect.anything() : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, formOfAny(inner)]));
}

const messageOf = ({ data }: Recorded): Msg => ({ json: () => JSON.parse(data) }) as unknown as Msg;
