import { inventory, notifications, orders, users } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { NotificationsModule } from '#domain/notifications';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import { mailSetting } from '#platform';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Mailbox, refusal } from '../../support/mailbox.js';
import { startModules, type RunningModules } from '../../support/modules.js';
import { until } from '../../support/until.js';

/*
 * Modules tell what has happened; this one hears of it, and a real mail server gets what it writes. Nobody calls it.
 */
let mailbox: Mailbox;
let shop: RunningModules;

beforeAll(async () => {
  mailbox = await Mailbox.open();
  const server = mailSetting({ MAIL_URL: mailbox.url, MAIL_FROM: 'The shop <shop@shop.example>' });
  shop = await startModules([
    ...[UsersModule, InventoryModule, PaymentsModule, OrdersModule],
    NotificationsModule.through(server),
  ]);
  const price = { amount: 250, currency: 'GBP' };
  await shop.port(inventory).putProduct({ sku: 'M-1', description: 'Cup', price, onHand: 100 });
});
afterEach(() => {
  mailbox.judge = undefined;
  mailbox.recipient = undefined;
});
afterAll(async () => {
  await shop.stop();
  await mailbox.stop();
});

const register = async () => {
  const id = randomUUID();
  const email = `${id}@shop.example`;
  await shop.port(users).register({ id, email, name: 'Ann', password: 'a long one' });
  return { id, email };
};
const place = (userId: string) =>
  shop.port(orders).place({ userId, items: [{ sku: 'M-1', quantity: 2 }], payment: { token: 'tok_ok' } });
interface Row {
  status: string;
  kind: string;
  recipient: string;
  body: string;
  tries: number;
}
const rowsOf = (userId: string) =>
  shop.database.query<Row>(
    'select status, kind, recipient, body, tries from notifications.mail where user_id = $1 order by id',
    [userId],
  );
const settled = (userId: string, count: number) =>
  until(`${count} mails are settled`, async () => {
    const rows = await rowsOf(userId);
    return rows.length === count && rows.every(({ status }) => status !== 'due') ? rows : undefined;
  });
const written = (userId: string, count: number) =>
  until(`${count} mails are written`, async () =>
    (await rowsOf(userId)).length === count ? true : undefined,
  );

it('who registers is welcomed, an order is confirmed and cancelled, and what was sent is kept no longer', async () => {
  const { id, email } = await register();
  const order = await place(id);
  await shop.port(orders).cancel({ userId: id, id: order.id });
  const mails = await mailbox.mailsTo(email, 3);
  expect(mails.map(({ subject }) => subject)).toEqual([
    'Welcome to the shop',
    `Your order ${order.id} is confirmed`,
    `Your order ${order.id} is cancelled`,
  ]);
  expect(mails[1]).toMatchObject({ from: 'The shop <shop@shop.example>' });
  expect(mails[1]!.text).toContain('2 =C3=97 M-1 at GBP 2.50');
  expect(mails[1]!.text).toContain('in all GBP 5.00');
  expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(3);
  const rows = await settled(id, 3);
  for (const row of rows) expect(row).toMatchObject({ status: 'sent', recipient: '', body: '', tries: 1 });
});

it('who was brought in from elsewhere is not welcomed', async () => {
  const id = randomUUID();
  const passwordHash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$tQ1sYkFkYWJhZGFiYWRhYmFkYWJhZGFiYQ';
  await shop
    .port(users)
    .importUser({ id, email: `${id}@shop.example`, name: 'Bo', role: 'user', profile: {}, passwordHash });
  await shop.port(users).updateUser({ id, email: `new-${id}@shop.example` });
  await settled(id, 2);
  expect((await rowsOf(id)).map(({ kind }) => kind)).toEqual(['email-replaced', 'email-changed']);
});

it('another e-mail is told to both addresses, and the old one does not hear the new one', async () => {
  const { id, email } = await register();
  const other = `other-${email}`;
  await shop.port(users).updateUser({ id, email: other });
  const [, replaced] = await mailbox.mailsTo(email, 2);
  const [changed] = await mailbox.mailsTo(other, 1);
  expect(replaced!.subject).toBe('Your account has another e-mail');
  expect(replaced!.text).not.toContain(other);
  expect(changed!.subject).toBe('This is your e-mail now');
});

it('a mail that cannot be sent now is tried again under its Message-ID, and the next one waits for it', async () => {
  const seen: string[] = [];
  mailbox.judge = ({ messageId, subject }) => {
    seen.push(messageId);
    if (seen.length === 1) throw refusal(451, `${subject}: come again`);
  };
  const { id, email } = await register();
  await place(id);
  await written(id, 2);
  await until('it waits for its next try', async () => {
    const [changed] = await shop.database.query<{ id: string }>(
      `with waiting as (select id from notifications.mail where user_id = $1 and tries = 1 and due_at < now() + interval '1 minute')
       update notifications.mail set due_at = now() where id in (select id from waiting) returning id`,
      [id],
    );
    return changed;
  });
  const mails = await mailbox.mailsTo(email, 2);
  expect(mails.map(({ subject }) => subject.slice(0, 7))).toEqual(['Welcome', 'Your or']);
  expect(seen).toEqual([mails[0]!.messageId, mails[0]!.messageId, mails[1]!.messageId]);
  expect((await settled(id, 2)).map(({ tries }) => tries)).toEqual([2, 1]);
});

it('a recipient that there is not has its mail given up, and is named by no log', async () => {
  const logged = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  mailbox.recipient = (address) => {
    throw refusal(550, `${address}: who is that?`);
  };
  const { id, email } = await register();
  const [row] = await settled(id, 1);
  expect(row).toMatchObject({ status: 'failed', tries: 1, recipient: email });
  const log = JSON.stringify(logged.mock.calls);
  logged.mockRestore();
  expect(log).toContain('RCPT TO 550');
  expect(log).not.toContain(email);
});

it('a mail is given up after its last try', async () => {
  mailbox.judge = () => {
    throw refusal(451, 'come again');
  };
  const { id } = await register();
  await written(id, 1);
  await until('it was tried', async () => ((await rowsOf(id))[0]!.tries === 1 ? true : undefined));
  await shop.database.query('update notifications.mail set tries = 31, due_at = now() where user_id = $1', [
    id,
  ]);
  expect((await settled(id, 1))[0]).toMatchObject({ status: 'failed', tries: 32 });
});

it('who is erased leaves no mail behind, and gets none that was on its way', async () => {
  mailbox.judge = () => {
    throw refusal(451, 'come again');
  };
  const { id, email } = await register();
  await written(id, 1);
  await shop.port(users).eraseUser({ id });
  await until('it is gone', async () => ((await rowsOf(id)).length === 0 ? true : undefined));
  // Told before, heard after.
  const told = { orderId: randomUUID(), userId: id, customerEmail: email, items: [] };
  await shop.port(notifications).confirmed({ ...told, total: { amount: 0, currency: 'GBP' } });
  expect(await rowsOf(id)).toEqual([]);
});

it('a note of an earlier try does not end the one that is under way, unless it was sent', async () => {
  mailbox.judge = () => {
    throw refusal(451, 'come again');
  };
  const { id: userId } = await register();
  await until('it was tried', async () => ((await rowsOf(userId))[0]?.tries === 1 ? true : undefined));
  const [mail] = await shop.database.query<{ id: string }>(
    `update notifications.mail set tries = 2, due_at = now() + interval '1 hour' where user_id = $1 returning id`,
    [userId],
  );
  const note = { userId, id: mail!.id, tries: 1 };
  await shop.port(notifications).noted({ ...note, outcome: 'refused' });
  expect(await rowsOf(userId)).toMatchObject([{ status: 'due', tries: 2 }]);
  await shop.port(notifications).noted({ ...note, outcome: 'sent' });
  expect(await rowsOf(userId)).toMatchObject([{ status: 'sent' }]);
});

it('without a mail server it stays in the outbox, for whoever looks there, and the log says that there is one', async () => {
  const logged = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  const bare = await startModules([UsersModule, NotificationsModule.through(undefined)]);
  const id = randomUUID();
  const email = `${id}@shop.example`;
  await bare.port(users).register({ id, email, name: 'Ann', password: 'a long one' });
  const row = await until('it is there', async () => {
    const [found] = await bare.database.query<Row>('select * from notifications.mail');
    return found;
  });
  expect(row).toMatchObject({ status: 'kept', recipient: email, kind: 'welcome', tries: 0 });
  expect(row.body).toContain('You have an account now');
  const lines = logged.mock.calls.map(([line]) => line as object);
  logged.mockRestore();
  expect(lines).toContainEqual({ msg: 'a mail was written', kind: 'welcome', about: id });
  expect(JSON.stringify(lines)).not.toContain(email);
  await bare.stop();
});
