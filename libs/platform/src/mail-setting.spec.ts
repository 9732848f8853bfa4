import { mailSetting } from './mail-setting.js';

const from = 'shop@shop.example';
const read = (MAIL_URL: string, more: Record<string, string> = {}) =>
  mailSetting({ MAIL_URL, MAIL_FROM: from, ...more });

it.each([
  ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false, requireTLS: true }],
  ['smtps://mail.example', { host: 'mail.example', port: 465, secure: true, requireTLS: false }],
  ['smtp://127.0.0.1:2525', { host: '127.0.0.1', port: 2525, secure: false, requireTLS: false }],
  ['smtp://[::1]:25', { host: '::1', port: 25, secure: false, requireTLS: false }],
  ['smtp://localhost.example', { host: 'localhost.example', port: 587, secure: false, requireTLS: true }],
])('%s', (url, settings) => {
  expect(read(url)).toEqual({ ...settings, from });
});

it('a login may hold what a URL cannot, and TLS its own CA', () => {
  const settings = read('smtp://a%40b:p%2Fw%3A@mail.example', { MAIL_TLS_CA: 'package.json' });
  expect(settings).toMatchObject({ auth: { user: 'a@b', pass: 'p/w:' }, tls: { ca: expect.any(String) } });
});

it('only who says so speaks to another machine in clear', () => {
  expect(read('smtp://mail.example', { MAIL_ALLOW_PLAINTEXT: 'yes' })).toMatchObject({ requireTLS: false });
});

it('without a URL there is no server', () => {
  expect(mailSetting({ MAIL_FROM: from })).toBeUndefined();
});

it.each([
  ['http://mail.example', from, 'a URL that begins with smtp:// or smtps://'],
  ['smtp://u:secret@mail.example/path', from, 'with nothing behind it'],
  ['smtp://u:secret@mail.example?ignoreTLS=true', from, 'with nothing behind it'],
  ['smtp://u:secret@mail.example', '', 'MAIL_FROM: who writes is required'],
  ['smtp://u:secret@mail.example', 'the shop', 'MAIL_FROM: who writes is required'],
])('%s from "%s" is refused, and the password is not shown', (MAIL_URL, MAIL_FROM, why) => {
  const reading = () => mailSetting({ MAIL_URL, MAIL_FROM });
  expect(reading).toThrow(why);
  expect(reading).not.toThrow('secret');
});
