import { Mailbox } from '../../support/mailbox.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { endAllPrograms, type Program } from '../../support/programs.js';
import { Client, makeSetup, openService, openShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * A mail cannot be taken back, and a mail server does not know one that it has had. While notifications leave the shop and come back, the key of
 * a mail moves between taking it, sending it and noting that it was sent: the note goes to the owner of that moment, and whoever owns the key
 * leaves a mail alone that somebody is at. Only who dies in between lets one be sent again: under its Message-ID.
 */
let nats: TestNats;
let mailbox: Mailbox;
let setup: ShopSetup;

beforeEach(async () => {
  nats = await startNats();
  mailbox = await Mailbox.open();
  setup = await makeSetup(nats.url);
  Object.assign(setup.env, { MAIL_URL: mailbox.url, MAIL_FROM: 'shop@shop.example' });
});
afterEach(async () => {
  endAllPrograms();
  await setup.drop();
  await mailbox.stop();
  await nats.stop();
});

const counts = async (url: string) => {
  const rows = await setup.on<{ status: string; count: number }>(
    url,
    'select status, count(*)::int from notifications.mail group by status',
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
};
const messageIds = () => mailbox.received.map(({ messageId }) => messageId);

it('out, back and out again under orders: each mail is sent once', async () => {
  // Long enough for keys to move meanwhile.
  mailbox.slownessMs = 150;
  const shop = await openShop(setup);
  await openService(setup, 'notifications');
  await (await Client.admin(shop.url)).stock('A-1', 100_000);
  const customers = await Promise.all(Array.from({ length: 6 }, () => Client.register(shop.url)));
  let over = false;
  const placed: string[] = [];
  const ordering = customers.map(async (customer, who) => {
    for (let turn = 0; !over; turn += 1) {
      const { body, status } = await customer.order(`${who}-${turn}`, { 'A-1': 1 });
      expect([status, body.status]).toEqual([201, 'confirmed']);
      placed.push(body.id);
    }
  });
  const more = async () => {
    const goal = mailbox.received.length + 20;
    await until('mails go on', () => (mailbox.received.length >= goal ? true : undefined));
  };
  for (const away of [['notifications'], [], ['notifications']] as const) {
    await more();
    await setup.extract(away);
    await setup.arrived();
  }
  await more();
  over = true;
  await Promise.all(ordering);

  mailbox.slownessMs = 0;
  const mails = placed.length + customers.length;
  await until(
    'all are sent, and both sides say so',
    async () => {
      const found = [await counts(setup.urls.shop), await counts(setup.urls.notifications)];
      return found.every(({ sent, due }) => sent === mails && due === undefined) ? true : undefined;
    },
    60_000,
  );
  expect(mailbox.received).toHaveLength(mails);
  expect(new Set(messageIds()).size).toBe(mails);
  const told = mailbox.received.map(({ subject }) => /order (\S+) is confirmed/.exec(subject)?.[1]);
  expect(told.filter((id) => id !== undefined).sort()).toEqual(placed.sort());
}, 240_000);

it('killed when a mail was sent and that was not noted: it comes again, under its Message-ID, and all others once', async () => {
  await setup.extract(['notifications']);
  let service: Program = await openService(setup, 'notifications');
  const shop = await openShop(setup);
  await setup.arrived();
  await (await Client.admin(shop.url)).stock('A-1', 1_000);
  const ann = await Client.register(shop.url);
  await mailbox.mailsTo(await emailOf(ann), 1);

  let dies = true;
  mailbox.judge = async () => {
    if (!dies) return;
    dies = false;
    // The server has it; who has sent it never hears that.
    await service.end('SIGKILL');
  };
  await ann.order('first', { 'A-1': 1 });
  await until('it is killed', () => (dies ? undefined : true));
  service = await openService(setup, 'notifications');
  const bob = await Client.register(shop.url);
  await bob.order('second', { 'A-1': 1 });
  await mailbox.mailsTo(await emailOf(bob), 2);
  // Whoever was at it may be at it still, for all that anybody knows.
  expect(await mailbox.mailsTo(await emailOf(ann), 2)).toHaveLength(2);
  const [hurried] = await setup.on<{ id: string }>(
    setup.urls.notifications,
    `update notifications.mail set due_at = now() where status = 'due' returning id`,
  );
  const mails = await mailbox.mailsTo(await emailOf(ann), 3);
  expect(mails.map(({ messageId }) => messageId).slice(1)).toEqual(
    [1, 2].map(() => `<${hurried!.id}@shop.example>`),
  );
  await until('it is noted', async () => ((await counts(setup.urls.notifications)).due ? undefined : true));
  expect(mailbox.received).toHaveLength(5);
  expect(new Set(messageIds()).size).toBe(4);
}, 120_000);

async function emailOf({ id }: Client): Promise<string> {
  const [row] = await setup.query<{ email: string }>('select email from users.account where id = $1', [id]);
  return row!.email;
}
