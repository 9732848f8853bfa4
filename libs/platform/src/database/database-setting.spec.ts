import { databaseSetting } from './database-setting.js';

const ca = 'libs/platform/src/database/database-setting.spec.ts';
const url = 'postgres://a:p%2Fw@db.example/shop';
const read = (query: string, DATABASE_TLS_CA = '') =>
  databaseSetting({ DATABASE_URL: url + query, DATABASE_TLS_CA }, 'DATABASE_URL');
const query = (query: string, file?: string) =>
  Object.fromEntries(new URL(read(query, file)!).searchParams) as Record<string, string>;

it.each(['', '?sslmode=disable', '?sslmode=no-verify', '?ssl=true'])('%p is left as it is', (given) =>
  expect(read(given)).toBe(url + given),
);

it.each(['prefer', 'require', 'verify-ca', 'verify-full'])(
  'sslmode=%s checks everything, also with a later pg',
  (mode) => expect(query(`?sslmode=${mode}`)).toEqual({ sslmode: 'verify-full' }),
);

it('a CA is enough to be checked, and leaves the rest of the URL', () => {
  expect(query('?application_name=x', ca)).toEqual({
    application_name: 'x',
    sslrootcert: ca,
    sslmode: 'verify-full',
  });
  expect(query(`?sslrootcert=${ca}`)).toEqual({ sslrootcert: ca, sslmode: 'verify-full' });
  expect(new URL(read('', ca)!).password).toBe('p%2Fw');
});

it('a CA in the URL goes before the one of the process', () => {
  const own = 'package.json';
  expect(query(`?sslrootcert=${own}`, ca)).toMatchObject({ sslrootcert: own });
});

it('who asks for what libpq does gets that', () => {
  expect(query('?uselibpqcompat=true&sslmode=require')).toEqual({
    uselibpqcompat: 'true',
    sslmode: 'require',
  });
});

it.each([
  [
    '?sslmode=verify_full',
    undefined,
    'DATABASE_URL: sslmode=verify_full: one of disable, no-verify, verify-full',
  ],
  [
    '?sslmode=disable',
    ca,
    'DATABASE_URL: sslmode=disable does not look at a certificate, and DATABASE_TLS_CA is set',
  ],
  ['', '/none.pem', 'DATABASE_TLS_CA, or sslrootcert of DATABASE_URL: /none.pem cannot be read'],
  ['?sslkey=/none.pem', undefined, 'sslkey of DATABASE_URL: /none.pem cannot be read'],
])('%p with the CA %p is refused with its name', (given, file, sentence) =>
  expect(() => read(given, file)).toThrow(sentence),
);
