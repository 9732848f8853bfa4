import { addressed, databasePlace, serverOf } from './server.js';

describe('where a data source connects', () => {
  it('is its URL', () => {
    expect(serverOf({ type: 'postgres', url: 'postgres://a@b/c' })).toBe('postgres://a@b/c');
  });

  it('is what it names part by part', () => {
    const parts = { host: 'db', port: 5433, password: 'secret', database: 'shop', ssl: true };
    expect(
      serverOf({ type: 'postgres', username: 'ann', ...parts, entities: [], synchronize: false }),
    ).toEqual({
      user: 'ann',
      ...parts,
    });
  });

  it('keeps a certificate beside a URL', () => {
    const ssl = { ca: 'PEM' };
    expect(serverOf({ type: 'postgres', url: 'postgres://a@b/c', ssl })).toEqual({
      connectionString: 'postgres://a@b/c',
      ssl,
    });
  });

  it('is the primary where replicas answer reads', () => {
    const replication = { master: { host: 'primary', database: 'shop' }, slaves: [{ host: 'replica' }] };
    expect(serverOf({ type: 'postgres', replication })).toEqual({ host: 'primary', database: 'shop' });
  });

  it('has to be PostgreSQL', () => {
    expect(() => serverOf({ type: 'mysql', database: 'shop' })).toThrow('is of type mysql');
  });
});

describe('settings of sessions', () => {
  const how = { options: '-c TimeZone=UTC', application_name: 'strangler' };

  it('go behind those that a URL names', () => {
    const { connectionString = '' } = addressed('postgres://b/c?options=-c%20a%3D1&application_name=x', how);
    const { searchParams } = new URL(connectionString);
    expect([searchParams.get('options'), searchParams.get('application_name')]).toEqual([
      '-c a=1 -c TimeZone=UTC',
      'strangler',
    ]);
  });

  it('go with an address in parts', () => {
    expect(addressed({ host: 'db', options: '-c a=1' }, how)).toEqual({
      ...{ host: 'db', options: '-c a=1 -c TimeZone=UTC', application_name: 'strangler' },
    });
  });
});

it.each([
  ['postgres://ann:s3cret@db.example:6432/stock', 'db.example:6432/stock', 'ann'],
  ['postgresql://ann:s3cr%40et@db.example/stock?sslmode=disable', 'db.example:5432/stock', 'ann'],
  ['postgres://ann:s3cret@[::1]/stock', '[::1]:5432/stock', 'ann'],
  ['postgres://ann:s3cret@localhost/stock?host=/var/run/postgresql', '/var/run/postgresql:5432/stock', 'ann'],
  [{ host: 'db', port: 6432, user: 'ann', password: 's3cret', database: 'stock' }, 'db:6432/stock', 'ann'],
  [{ connectionString: 'postgres://ann:s3cret@db/stock', ssl: true }, 'db:5432/stock', 'ann'],
])('%j is told without its password', (server, address, role) => {
  expect(databasePlace(server)).toEqual({ address, role });
});
