import { settingsIn } from './service-settings.js';

const env = { DATABASE_URL: 'postgres://parcels@db/parcels', NATS_URL: 'tls://parcels:secret@nats:4222' };

it('a service is told by its environment', () => {
  expect(settingsIn({}, { ...env, NAMESPACE: 'shop', HEALTH_PORT: '3100', WITNESS_FILE: '/state/' })).toEqual(
    {
      database: env.DATABASE_URL,
      nats: {
        connection: { servers: 'tls://nats:4222', user: 'parcels', pass: 'secret' },
        namespace: 'shop',
      },
      direct: undefined,
      witness: '/state/',
      health: { host: '127.0.0.1', port: 3100 },
    },
  );
});

it('what is given is not asked for', () => {
  expect(settingsIn({ database: 'legacyDataSource', nats: 'nats://a' }, {}).health).toEqual({
    host: '127.0.0.1',
    port: undefined,
  });
});

it('all faults are told at once, and no password', () => {
  const wrong = { DATABASE_URL: 'mysql://a:secret@b', HEALTH_PORT: 'web' };
  expect(() => settingsIn({}, wrong)).toThrow(
    [
      'DATABASE_URL: a URL that begins with postgres:// or postgresql:// is expected',
      'NATS_URL: a URL that begins with nats:// or tls:// is expected',
      'HEALTH_PORT=web: a port number from 0 to 65535 is expected',
    ].join('\n'),
  );
});
