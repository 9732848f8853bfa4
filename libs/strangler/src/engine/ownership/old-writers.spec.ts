import fc from 'fast-check';
import { endOf, statementWithoutValues, writerInWords } from './old-writers.js';

it.each([
  ['update parcels set email = $1 where id = $2', 'update parcels set email = $1 where id = $2'],
  [`update parcels set email = 'ann@shop.example'`, 'update parcels set email = ?'],
  [`insert into "t 1" values (17, -3.5e10, 0xff, .5)`, 'insert into "t 1" values (?, -?, ?, ?)'],
  [`select 'it''s', E'it\\'s', "a'b" from t2`, `select ?, ?, "a'b" from t2`],
  ['select $$secret$$, $a$one $$ two$a$ , $1', 'select ?, ? , $1'],
  [`select 1 -- ann@shop.example\n from t /* of 'ann' */ where x`, 'select ? from t where x'],
  [`update parcels set note = 'cut off by track_activity_que`, 'update parcels set note = ?'],
  ['update parcels set note = $b$cut off', 'update parcels set note = ?'],
  ['update parcels /* cut off', 'update parcels'],
])('%s is shown as %s', (sql, shown) => {
  expect(statementWithoutValues(sql)).toBe(shown);
});

it('a long statement is cut', () => {
  expect(statementWithoutValues(`select ${'a'.repeat(500)}`)).toHaveLength(121);
});

it('no value of a literal is shown, however it is written and wherever it is cut', () => {
  const value = fc.string({ minLength: 1 }).map((text) => `S3CRET${text}`);
  const written = (text: string) => [
    `'${text.replaceAll("'", "''")}'`,
    `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
    ...(text.includes('$') ? [] : [`$$${text}$$`, `$q$${text}$q$`]),
  ];
  fc.assert(
    fc.property(value, fc.nat(), fc.nat(), (text, form, cut) => {
      const forms = written(text);
      const sql = `update t set a = ${forms[form % forms.length]} where b = $1`;
      expect(statementWithoutValues(sql)).toBe('update t set a = ? where b = $1');
      expect(statementWithoutValues(sql.slice(0, cut % sql.length))).not.toContain('S3CRET');
    }),
  );
});

it('it is named by its session, or by what it is prepared as', () => {
  const session = {
    pid: 7,
    prepared: null,
    since: '2026-01-01T00:00:00Z',
    state: 'active',
    query: 'update t',
  };
  expect(writerInWords(session)).toBe(
    'pid 7 (open since 2026-01-01T00:00:00Z, active, last statement: update t)',
  );
  expect(endOf(session)).toBe('select pg_terminate_backend(7)');
  const prepared = { pid: null, prepared: `it's`, since: null, state: null, query: null };
  expect(writerInWords(prepared)).toBe(`the prepared transaction it's (open since nobody knows when)`);
  expect(endOf(prepared)).toBe(`rollback prepared 'it''s'`);
});
