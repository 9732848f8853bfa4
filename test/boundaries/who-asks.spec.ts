import { contracts, orders, users } from '#contracts';
import type { Operation } from 'nestjs-strangler/contract';

/* What would go wrong: somebody else's data is open to whoever knows an id, or a list of everybody's to any customer. */
const queries = contracts.flatMap(({ name, operations }) =>
  Object.entries(operations)
    .filter(([, { kind }]) => kind === 'query')
    .map(([operation, { who }]): [string, Operation['who']] => [`${name}.${operation}`, who]),
);

it('a query whose input does not name the user is for admins, or modules; what is open to all belongs to nobody', () => {
  const open = queries.filter(([, who]) => who === 'anyone').map(([name]) => name);
  expect(open).toEqual([
    'users.authenticate',
    'users.jwks',
    'inventory.getProduct',
    'inventory.getProducts',
    'inventory.listProducts',
  ]);
  const others = queries.filter(([, who]) => who !== 'anyone' && typeof who !== 'object');
  expect(others.length).toBeGreaterThan(0);
  for (const [name, who] of others)
    expect([name, who ?? 'internal']).toEqual([name, expect.stringMatching(/^(admin|internal)$/)]);
});

it('whoever may ask for himself is the user whom the input names', () => {
  const own = contracts.flatMap(({ name, operations }) =>
    Object.entries(operations).flatMap(([operation, { who }]) => {
      if (typeof who !== 'object') return [];
      const input =
        name === 'users'
          ? { id: 'ann', users: [{ id: 'ann' }] }
          : { id: 'an order', userId: 'ann', customers: [{ userId: 'ann' }, { userId: 'ann' }] };
      return [[`${name}.${operation}`, (who.self as (input: object) => string)(input)]];
    }),
  );
  expect(own.length).toBeGreaterThan(4);
  for (const [name, user] of own) expect([name, user]).toEqual([name, 'ann']);
});

it('whoever asks for several asks for nobody in particular: that takes an admin', () => {
  const selfOf = ({ who }: Operation) => (who as { self: (input: object) => string }).self;
  expect(selfOf(users.operations.getUsers)({ users: [{ id: 'ann' }, { id: 'bob' }] })).toBe('');
  expect(selfOf(orders.operations.listOrdersOf)({ customers: [{ userId: 'ann' }, { userId: 'bob' }] })).toBe(
    '',
  );
});
