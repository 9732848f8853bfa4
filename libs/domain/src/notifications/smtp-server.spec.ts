import { mailSetting } from '#platform';
import { randomUUID } from 'node:crypto';
import { makeAuthority, type Authority } from '../../../../test/support/certificates.js';
import { Mailbox, refusal } from '../../../../test/support/mailbox.js';
import type { Sent } from './mail-server.js';
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
