import { accountOf } from '#sample';
import pg from 'pg';
import { endAllPrograms } from '../../support/programs.js';
import { Client, makeSetup, openShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * The process of the publisher is killed (kill -9) after the commit that tells something, and before it has called anybody. Between the two it
 * is held by the lock of whoever delivers, which the test has.
 */
let setup: ShopSetup;
let holder: pg.Client;

beforeEach(async () => {
  setup = await makeSetup();
  holder = new pg.Client({ connectionString: setup.urls.shop });
});
afterEach(async () => {
  await holder.end();
  endAllPrograms();
  await setup.drop();
});

/** What is to be handled, and what was. */
const events = () => {
  const url = setup.urls.shop;
  return accountOf({ inventory: url, payments: url, orders: url, notifications: url, users: url });
};

it('the next process calls for all that was told, once', async () => {
  const first = await openShop(setup);
  await (await Client.admin(first.url)).stock('A-1', 100);
  const customer = await Client.register(first.url);
  await until('that is heard', async () => ((await events()).events.waiting === 0 ? true : undefined));
  expect(await first.end('SIGTERM')).toBe(0);

  await holder.connect();
  await holder.query(
    `select pg_advisory_lock(strangler.event_lock(), hashtext(module)) from unnest(array['orders', 'payments', 'inventory', 'users']) module`,
  );
  const second = await openShop(setup);
  const { body } = await customer.at(second.url).order('one', { 'A-1': 3 });
  expect(body.status).toBe('confirmed');
  const before = (await events()).events;
  expect(before.waiting).toBeGreaterThan(0);
  expect([before.counted, before.mails]).toEqual([0, 0]);
  await second.end('SIGKILL');
  await holder.query('select pg_advisory_unlock_all()');

  await openShop(setup);
  const after = await until('all is heard', async () => {
    const now = await events();
    return now.events.waiting === 0 && now.events.emitted === now.events.delivered ? now : undefined;
  });
  expect(after.violations).toEqual([]);
  expect(after.events).toMatchObject({ counted: 1, unheard: 0, mails: 1, unwritten: 0 });
  expect(after.events.effects).toBe(after.events.emitted);
  const sales = `select orders::int, spent::int from orders.customer_sales`;
  expect(await setup.query(sales)).toEqual([{ orders: 1, spent: expect.any(Number) as number }]);
  const mails = `select kind, count(*)::int from notifications.mail group by kind order by kind`;
  expect(await setup.query(mails)).toEqual([
    { kind: 'order-confirmed', count: 1 },
    { kind: 'welcome', count: 1 },
  ]);
}, 180_000);
