import { natsConnection } from '#strangler/nats/connection';
import { natsSettings } from './nats-settings.js';

const here = 'libs/platform/src/nats-settings.spec.ts';

it.each<[string, Record<string, string>?]>([
  ['nats://127.0.0.1:4222'],
  ['nats://localhost:4222'],
  ['nats://127.8.8.8'],
  ['nats://[::1]:4222'],
  ['nats://nats.example:4222', { NATS_ALLOW_PLAINTEXT: 'yes' }],
])('%s is spoken to without TLS', (NATS_URL, more = {}) => {
  const { url, options } = natsSettings({ NATS_URL, ...more });
  expect(url).toBe(NATS_URL);
  expect(options).not.toHaveProperty('tls');
});

it.each([
  ['tls://nats.example:4222', {}],
  ['tls://127.0.0.1:4222', {}],
  ['nats://nats.example:4222', { NATS_TLS_CA: here }],
])('%s with %j is spoken to with TLS or not at all', (NATS_URL, more) => {
  const { url, options } = natsSettings({ NATS_URL, ...more });
  expect(natsConnection(url!, options)).toHaveProperty('tls');
});

it.each([
  ['nats://nats.example:4222', 'nats.example is another machine'],
  ['nats://user:secret@10.0.0.7', '10.0.0.7 is another machine'],
  ['nats://127.0.0.1.example', '127.0.0.1.example is another machine'],
  ['nats://localhost.example', 'localhost.example is another machine'],
  ['ws://127.0.0.1:8080', 'over WebSocket no program here connects'],
  ['WSS://nats.example', 'over WebSocket no program here connects'],
  ['http://127.0.0.1', 'a URL that begins with nats:// or tls:// is expected'],
])('%s is refused, and its password is not shown', (NATS_URL, why) => {
  const reading = () => natsSettings({ NATS_URL });
  expect(reading).toThrow(why);
  expect(reading).not.toThrow('secret');
});

it('the namespace is one word, and shop where none is set', () => {
  expect(natsSettings({}).namespace).toBe('shop');
  expect(natsSettings({ NAMESPACE: 'fair-2' }).namespace).toBe('fair-2');
  for (const NAMESPACE of ['Fair', 'a.b', '>', 'a'.repeat(33)])
    expect(() => natsSettings({ NAMESPACE })).toThrow(`NAMESPACE=${NAMESPACE}: 1 to 32`);
});

it('credentials in a URL are taken as they were before they were encoded', () => {
  const given = natsConnection('tls://shop.stock:a%2Fb@nats.example:4222', {});
  expect(given).toEqual({ servers: 'tls://nats.example:4222', user: 'shop.stock', pass: 'a/b' });
});
