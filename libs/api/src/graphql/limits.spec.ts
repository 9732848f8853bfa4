import fc from 'fast-check';
import { parse } from 'graphql';
import { most, tooMuch } from './limits.js';
import { schemaOfContracts } from './schema.js';

const schema = schemaOfContracts();
const judged = (query: string, variables?: Record<string, unknown>) =>
  tooMuch(parse(query), schema, variables);

it.each([
  [
    'a page of products',
    '{ listProducts(limit: 200) { items { sku description price { amount currency } available } } }',
  ],
  [
    'an order as a page shows it',
    '{ getOrder(userId: "a", id: "b") { total { amount } customer { email } items { product { sku } } } }',
  ],
  [
    'so many aliases as there may be',
    `{ ${Array.from({ length: most.aliases }, (_, i) => `a${i}: __typename`).join(' ')} }`,
  ],
])('%s is taken', (_what, query) => {
  expect(judged(query)).toBeUndefined();
});

it.each([
  [
    'deeper',
    `{ getUser(id: "a") ${'{ orders { customer '.repeat(5)} { id } ${'} }'.repeat(5)} }`,
    /deeper than 10 fields/,
  ],
  [
    'more aliases',
    `{ ${Array.from({ length: most.aliases + 1 }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    /more than 30 aliases/,
  ],
  [
    'aliases of a fragment, each time that it is used',
    `{ ${'...f '.repeat(16)} } fragment f on Query { a: __typename b: __typename }`,
    /more than 30 aliases/,
  ],
  [
    'longer lists',
    '{ listUsers(limit: 200) { items { orders(limit: 50) { id } } } }',
    /could have 10\d{3} values, of 10000/,
  ],
  [
    'as many keys as are listed',
    `{ getUsers(users: [${'{ id: "a" } '.repeat(201)}]) { items { orders(limit: 50) { id } } } }`,
    /could have/,
  ],
  ['a fragment in itself', '{ ...f } fragment f on Query { __typename ...f }', /uses itself/],
  ['what is no query', 'mutation { a }', /there is no mutation/],
])('%s is too much', (_what, query, why) => {
  expect(judged(query)).toMatch(why);
});

it('lists of a variable’s length count by that, and by the most where nobody has said', () => {
  const query = 'query ($n: Int) { listUsers(limit: $n) { items { orders(limit: 50) { id } } } }';
  expect(judged(query)).toBeUndefined();
  expect(judged(query, { n: 10 })).toBeUndefined();
  expect(judged(query, { n: 200 })).toMatch(/could have/);
  expect(judged(query, { n: -1 })).toMatch(/could have/);
});

it('to write a selection as a fragment changes nothing of what it asks for', () => {
  const fields = fc.array(fc.constantFrom('sku', 'a: sku', 'price { amount }', 'b: price { c: currency }'), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(fields, fc.nat(4), (own, times) => {
      const body = own.join(' ');
      const plain = `{ getProduct(sku: "A") { ${Array(times + 1)
        .fill(body)
        .join(' ')} } }`;
      const spread = `{ getProduct(sku: "A") { ${'...f '.repeat(times + 1)} } } fragment f on Product { ${body} }`;
      expect(judged(spread)).toBe(judged(plain));
    }),
  );
});

it('fragments that use one another double what is asked for, and not the work', () => {
  const chain = Array.from(
    { length: 60 },
    (_, i) => `fragment f${i} on Product { ...f${i + 1} ...f${i + 1} }`,
  ).join(' ');
  expect(judged(`{ getProduct(sku: "A") { ...f0 } } ${chain} fragment f60 on Product { sku }`)).toMatch(
    /could have 1152921504\d+ values/,
  );
});
