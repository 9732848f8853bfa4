import { mailSetting } from '#platform';
import { randomUUID } from 'node:crypto';
import { makeAuthority, type Authority } from '../../../../test/support/certificates.js';
import { Mailbox, refusal } from '../../../../test/support/mailbox.js';
import { until } from '../../../../test/support/until.js';
import type { Sent } from './mail-server.js';
import { mailsAtOnce } from './mails.js';
import { SmtpServer } from './smtp-server.js';

/* Nobody who listens on the way reads a password or a mail, and what went wrong is told without either. */
const login = { user: 'shop', pass: 'a secret / of: ours' };
let authority: Authority;
let mailbox: Mailbox;

beforeAll(async () => {
  authority = await makeAuthority();
});
beforeEach(async () => {
  mailbox = await Mailbox.open(login, await authority.issue('mail'));
});
afterEach(() => mailbox.stop());
afterAll(() => authority.drop());

async function send(url: string, env: Record<string, string> = {}, requireTLS = true): Promise<Sent> {
  const settings = mailSetting({ MAIL_URL: url, MAIL_FROM: 'The shop <shop@shop.example>', ...env })!;
  const server = new SmtpServer({ ...settings, requireTLS });
  const mail = { id: randomUUID(), recipient: 'ann@shop.example', subject: 'Ünì', body: 'Grüße\n.\n' };
  try {
    return await server.send(mail);
  } finally {
    server.close();
  }
}
const ca = () => ({ MAIL_TLS_CA: authority.file });

it('a mail comes over TLS, with a Message-ID at the domain of its sender', async () => {
  expect(await send(mailbox.url, ca())).toEqual({ outcome: 'sent' });
  expect(mailbox.received).toMatchObject([{ to: 'ann@shop.example', secure: true }]);
  expect(mailbox.received[0]!.messageId).toMatch(/^<[0-9a-f-]{36}@shop\.example>$/);
});

it('a server of which nobody knows who it is gets nothing', async () => {
  const { outcome, why } = await send(mailbox.url);
  expect(outcome).toBe('later');
  expect(why).toMatch(/^\S+ ?\S*$/);
  expect(mailbox.received).toEqual([]);
});

it('one without TLS gets nothing', async () => {
  const plain = await Mailbox.open(login);
  expect(await send(plain.url, ca())).toMatchObject({ outcome: 'later' });
  expect(plain.received).toEqual([]);
  await plain.stop();
});

it('one that does not know us refuses no mail, and the password is not told', async () => {
  const sent = await send(mailbox.url.replace('secret', 'other'), ca());
  expect(sent).toEqual({ outcome: 'later', why: expect.stringMatching(/^AUTH \S+ 535$/) });
});

it.each([
  [550, 'refused'],
  [451, 'later'],
])('what a server says to a mail: %i, %s', async (code, outcome) => {
  mailbox.judge = () => {
    throw refusal(code, 'ann@shop.example: no');
  };
  expect(await send(mailbox.url, ca())).toEqual({ outcome, why: `DATA ${code}` });
});

it('nobody there: later', async () => {
  const gone = await Mailbox.open();
  await gone.stop();
  expect(await send(gone.url, {}, false)).toMatchObject({ outcome: 'later', why: 'CONN ESOCKET' });
});

it('a mail that has waited too long is not sent behind our back when the server goes on', async () => {
  const plain = await Mailbox.open();
  const settings = mailSetting({ MAIL_URL: plain.url, MAIL_FROM: 'shop@shop.example' })!;
  const server = new SmtpServer({ ...settings, requireTLS: false }, 200);
  let goOn: () => void = () => undefined;
  const stands = new Promise<void>((resolve) => (goOn = resolve));
  plain.recipient = () => stands;
  const mail = { recipient: 'ann@shop.example', subject: 'Hello', body: 'Hello\n' };
  // As many as have connections, and some that wait for one.
  const late = await Promise.all(
    Array.from({ length: mailsAtOnce + 2 }, () => server.send({ id: randomUUID(), ...mail })),
  );
  expect(new Set(late.map(({ outcome }) => outcome))).toEqual(new Set(['later']));
  goOn();
  const id = randomUUID();
  const sent = () =>
    server.send({ id, ...mail }).then(({ outcome }) => (outcome === 'sent' ? true : undefined));
  await until('one is sent', sent).finally(async () => {
    server.close();
    await plain.stop();
  });
  expect(plain.received.map(({ messageId }) => messageId)).toEqual([`<${id}@shop.example>`]);
});
