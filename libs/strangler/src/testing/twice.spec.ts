import { shipping } from '../../../../examples/shipping/shipping.contract.js';
import type { Port } from '../calls/ports.js';
import { twice } from './runners.js';

/* A runner that finds nothing wrong is worth nothing: a command that does not end as one fails its test. */

const asked: [operation: string, commandId: string | undefined][] = [];
beforeEach(() => asked.splice(0));

/** The module, each of whose deliveries ends as is said. */
function doubled(ends: readonly (() => Promise<unknown>)[]): Port<typeof shipping> {
  const of =
    (name: string) =>
    (_input: unknown, { commandId }: { commandId?: string } = {}) => {
      asked.push([name, commandId]);
      return ends[asked.length - 1]!();
    };
  const port = Object.fromEntries(Object.keys(shipping.operations).map((name) => [name, of(name)]));
  return twice(shipping, port as unknown as Port<typeof shipping>);
}
const answers = (name: string) => () => Promise.resolve({ name });
const fails = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
const parcel = { orderId: '0190a7d2-0000-7000-8000-000000000001', address: '1 High Street' };
const { orderId } = parcel;

it('a command is delivered twice under one id, and answered once', async () => {
  expect(await doubled([answers('A'), answers('A')]).pack(parcel)).toEqual({ name: 'A' });
  const [[, first], [, second]] = asked as [[string, string], [string, string]];
  expect(first).toMatch(/^[\da-f-]{36}$/);
  expect(second).toBe(first);
});

it('under the id of its caller, where there is one', async () => {
  await doubled([answers('A'), answers('A')]).pack(parcel, { commandId: 'of the caller' });
  expect(asked.map(([, commandId]) => commandId)).toEqual(['of the caller', 'of the caller']);
});

it('a query is asked once', async () => {
  expect(await doubled([answers('A')]).getParcel({ orderId })).toEqual({ name: 'A' });
  expect(asked).toHaveLength(1);
});

it.each([
  ['two answers', answers('A'), answers('B')],
  ['an answer and an error', answers('A'), fails('too_many')],
  ['two errors', fails('too_many'), fails('not_found')],
])('%s are two ends, which fails the test', async (_what, first, second) => {
  await expect(doubled([first, second]).pack(parcel)).rejects.toThrow(/^pack ended in two ways: /);
});

it('an error that comes twice is the end', async () => {
  await expect(doubled([fails('too_many'), fails('too_many')]).pack(parcel)).rejects.toMatchObject({
    code: 'too_many',
  });
});
