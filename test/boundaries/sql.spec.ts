import { readdirSync } from 'node:fs';
import { sourcesIn, sourceText } from './source-text.js';

const modules = readdirSync('libs/domain/src');

/** The schemas of other modules that a module's source names: before a dot in SQL, or alone as an entity's schema. */
function foreignSchemas(module: string, source: string): string[] {
  const others = modules.filter((name) => name !== module).join('|');
  const named = new RegExp(`\\b(${others})"?\\s*\\.|^(${others})$`, 'g');
  return sourceText(source).texts.flatMap((text) =>
    [...text.matchAll(named)].map((match) => match[1] ?? match[2]!),
  );
}

it.each([
  ['a join', 'rows.query(`select * from orders.orders join users.accounts on true`)'],
  ['a quoted name', `rows.query('delete from "users"."accounts"')`],
  ['an entity', `@Entity({ schema: 'users', name: 'accounts' }) class Account {}`],
])('%s on another module’s schema is found', (_what, source) => {
  expect(foreignSchemas('orders', source)).toEqual(['users']);
});

it('another word, and another module’s contract, are no schema', () => {
  const source = `call(users, 'getUser'); import '#contracts'; throw new Error('no users left'); // users.accounts`;
  expect(foreignSchemas('orders', source)).toEqual([]);
});

it.each(modules)('no query of %s names another module’s schema', (module) => {
  const sources = [...sourcesIn(`libs/domain/src/${module}`), ...sourcesIn(`migrations/${module}`)];
  expect(sources.length).toBeGreaterThan(3);
  const naming = sources
    .filter(([file]) => !file.endsWith('.spec.ts'))
    .map(([file, source]) => [file, foreignSchemas(module, source)] as const);
  expect(Object.fromEntries(naming.filter(([, schemas]) => schemas.length > 0))).toEqual({});
});
