import * as published from '#contracts';
import { ValidationError, type Contract, type Dto } from 'nestjs-strangler/contract';
import { inventory, orders, PlaceOrder, Register } from '#contracts';
import { IsString } from 'class-validator';
import { Schema } from '#strangler/contract/schema';

/*
 * What would go wrong: a value as wide, long or deep as its sender likes is walked, and one request stops the process for
 * seconds, or its answer has megabytes.
 */

class Tags {
  @IsString({ each: true }) tags: string[];
}

/** The value, and how many of its members somebody has looked at since. */
function counted<T>(value: T): { value: T; visits: () => number } {
  let visits = 0;
  const wrap = (item: unknown): unknown => {
    if (typeof item !== 'object' || item === null) return item;
    return new Proxy(item, {
      get: (target, name, receiver) => {
        visits++;
        return wrap(Reflect.get(target, name, receiver));
      },
      getOwnPropertyDescriptor: (target, name) => {
        visits++;
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    });
  };
  return { value: wrap(value) as T, visits: () => visits };
}

function refused(dto: Dto<unknown>, value: unknown): ValidationError {
  try {
    Schema.of(dto).parse(value);
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
  throw new Error('the value was expected to be refused, and was accepted');
}

const deep = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
const wide = (width: number): object =>
  Object.fromEntries(Array.from({ length: width }, (_, i) => [`field${i}`, i]));
const list = <T>(length: number, item: T): T[] => Array<T>(length).fill(item);
const many = 120_000;
const payment = { token: 'tok_ok' };

const attacks: [string, Dto<unknown>, unknown][] = [
  ['undeclared fields', Register, wide(many)],
  ['undeclared fields beside the right ones', PlaceOrder, { items: [], payment, ...wide(many) }],
  ['undeclared fields in a part', PlaceOrder, { items: [], payment: wide(many) }],
  ['undeclared fields in every line', PlaceOrder, { items: list(1_000, wide(120)), payment }],
  ['empty lines', PlaceOrder, { items: list(many, {}), payment }],
  ['lines that are lists', PlaceOrder, { items: list(many, list(3, {})), payment }],
  ['lines that are broken, as many as there may be', PlaceOrder, { items: list(1_000, {}), payment }],
  ['lists in lists', Register, { email: deep(many) }],
  ['lists in lists in place of a part', PlaceOrder, { items: deep(many), payment: deep(many) }],
  ['a long list of texts', Tags, { tags: list(many, 1) }],
];

describe.each(attacks)('%s', (_what, dto, value) => {
  it('are refused, and what is looked at is bounded by the class, not by the value', () => {
    const { value: watched, visits } = counted(value);
    refused(dto, watched);
    // To refuse it, to explain that, and to read the length and the parts of each list for both.
    expect(visits()).toBeLessThanOrEqual(4 * Schema.of(dto).capacity + 400);
    expect(visits()).toBeGreaterThan(0);
  });

  it('are told in a few words', () => {
    const { message, errors } = refused(dto, value);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(20);
    expect(Buffer.byteLength(JSON.stringify({ message, errors }))).toBeLessThan(12_000);
  });
});

it('every input of the shop has room for 10,000 members at most', () => {
  const isContract = (value: object): value is Contract => 'operations' in value;
  const inputs = Object.values(published)
    .filter((value) => typeof value === 'object' && isContract(value))
    .flatMap((contract) => Object.values((contract as Contract).operations))
    .map(({ input }) => input as Dto<unknown>);
  expect(inputs).toContain(orders.operations.place.input);
  for (const input of inputs) expect(Schema.of(input).capacity).toBeLessThanOrEqual(10_000);
  expect(Schema.of(PlaceOrder).capacity).toBe(1 + (1 + 1_000 * (1 + 2)) + (1 + 1));
  expect(Schema.of(inventory.operations.getProduct.input).capacity).toBe(1);
});

it('a list that does not say how long it may be ends at 10,000', () => {
  expect(Schema.of(Tags).parse({ tags: list(10_000, 'x') }).tags).toHaveLength(10_000);
  expect(refused(Tags, { tags: list(10_001, 'x') }).problems).toEqual([
    'tags must contain no more than 10000 elements',
  ]);
});

it('names that the sender chose come back cut, and as text', () => {
  const name = `\u0001${'/~'.repeat(20)}\ud800${'x'.repeat(100_000)}`;
  const [error] = refused(Register, { [name]: 1 }).errors;
  expect(error?.pointer).toHaveLength(1 + 1 + 39 * 2 + 1);
  expect(error?.pointer).toMatch(/^\/\uFFFD~1~0/);
  expect(error?.message).toMatch(/^\uFFFD\/~.*… should not exist$/);
});

it.each([
  ['half a surrogate pair', 'Ann \ud83d', 'name must be well-formed Unicode'],
  ['the other half', '\ude00 Ann', 'name must be well-formed Unicode'],
  ['NUL', 'A\u0000', 'name must not contain NUL'],
])('%s cannot be stored, and is refused', (_what, name, problem) => {
  const person = {
    id: '0190b5a0-7d2e-7cc3-98c4-dc0c0c07398f',
    email: 'a@b.example',
    password: 'long enough',
  };
  expect(refused(Register, { ...person, name }).problems).toEqual([problem]);
  expect(refused(Tags, { tags: ['fine', name] }).problems).toEqual([problem.replace('name', 'tags')]);
  expect(Schema.of(Register).parse({ ...person, name: 'Ann 😀' }).name).toBe('Ann 😀');
});

it('the errors point into the input (RFC 6901)', () => {
  const items = [
    { sku: 'A-1', quantity: 1 },
    { sku: '?', quantity: 0 },
  ];
  expect(refused(PlaceOrder, { userId: 'me', items, payment, 'a/b~c': 1 }).errors).toEqual([
    { pointer: '/a~1b~0c', message: 'a/b~c should not exist' },
    { pointer: '/userId', message: 'userId must be a UUID' },
    { pointer: '/items/1/sku', message: 'sku must be 1 to 32 letters, digits or dashes' },
    { pointer: '/items/1/quantity', message: 'quantity must not be less than 1' },
  ]);
});
