import { readSettings } from './config.js';

const outside = {
  DATABASE_URL: 'postgres://db/shop',
  ADMIN_EMAIL: 'a@b.example',
  ADMIN_PASSWORD: 'a secret',
};

it.each([
  ['with the embedded database', {}, '127.0.0.1'],
  ['with a database of its own', outside, undefined],
  ['as it is told', { HOST: '0.0.0.0' }, '0.0.0.0'],
  ['as it is told', { ...outside, HOST: '10.0.0.1' }, '10.0.0.1'],
])('a shop listens %s', (_when, env, host) => expect(readSettings(env).host).toBe(host));

it.each([
  ['with the embedded database', {}, 'test'],
  ['with a database of its own', outside, 'none'],
  ['with the sample in a database of its own', { ...outside, SAMPLE: 'on' }, 'test'],
  ['with the embedded database without the sample', { SAMPLE: 'off' }, 'test'],
  ['when it is told so', { ...outside, PAYMENTS_PROVIDER: 'test' }, 'test'],
  ['when it is told not to', { PAYMENTS_PROVIDER: 'none' }, 'none'],
])('test tokens are money %s or are not', (_when, env, payments) =>
  expect(readSettings(env).payments).toBe(payments),
);

it('another provider is not known', () => {
  expect(() => readSettings({ PAYMENTS_PROVIDER: 'stripe' })).toThrow(
    'PAYMENTS_PROVIDER=stripe: one of test, none is expected',
  );
});

it.each([
  [{ DATABASE_URL: 'mysql://x' }, /^DATABASE_URL: a URL that begins with/],
  [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL=loud: one of trace, debug/],
  [{ ACCESS_LOG: 'yes' }, /^ACCESS_LOG=yes: one of on, off is expected/],
  [{ STRANGLER_CONFIG: '/none.yaml' }, /^STRANGLER_CONFIG=.*none.yaml: there is no such file/],
  [{ ...outside, ADMIN_PASSWORD: '7 chars' }, /^ADMIN_PASSWORD: at least 8 characters/],
  [{ ...outside, ADMIN_EMAIL: '' }, /^ADMIN_EMAIL and ADMIN_PASSWORD: both/],
  [{ VIEWER_TOKEN: 'wall.short' }, /^VIEWER_TOKEN: a name, a dot and at least 32/],
  [{ JWT_ISSUER: 'x' }, /^JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE belong together/],
])('%j is refused with its name', (env, sentence) => expect(() => readSettings(env)).toThrow(sentence));
