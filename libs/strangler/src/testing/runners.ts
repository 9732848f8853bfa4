import { isDeepStrictEqual } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import type { Port } from '../calls/ports.js';
import type { Contract } from '../contract/contract.js';
import { twoSides, type TwoSides, type TwoSidesOptions } from './two-sides.js';

/**
 * A module that a suite calls, wherever it is.
 *
 * @example
 * ```ts
 * const place = (running: RunningModule) => running.port(orders).place({ id: '7', sku: 'A', quantity: 1 });
 * ```
 */
export type RunningModule = Pick<TwoSides, 'port' | 'close'>;

/**
 * One way to reach a module.
 *
 * @example
 * ```ts
 * const suite = ({ start }: Runner) => {
 *   let running: RunningModule;
 *   beforeAll(async () => (running = await start()));
 *   afterAll(() => running.close());
 * };
 * ```
 */
export interface Runner {
  /** `local`, `half-way`, `remote` or `twice`. */
  readonly name: string;
  start(): Promise<RunningModule>;
}

/**
 * The ways to reach a module, for a suite that holds over each of them: in the monolith; half of its keys at the service; at the service,
 * over NATS; and in the monolith with each command delivered twice at the same time, which has to end as one. The idea is ServiceWeaver's.
 * `options` is asked once a way. A suite makes its own rows, for all ways may have the same databases.
 *
 * @example
 * ```ts
 * const databases = { monolith: `${url}/shop`, extracted: `${url}/orders` };
 * const ways = runners(() => ({ module: OrdersModule, contracts: [orders], databases }));
 * describe.each(ways)('orders, $name', ({ start }) => {
 *   let running: RunningModule;
 *   beforeAll(async () => (running = await start()));
 *   afterAll(() => running.close());
 *   it('are placed', async () => {
 *     const placed = await running.port(orders).place({ id: '7', sku: 'A', quantity: 1 });
 *     expect(placed.status).toBe('placed');
 *   });
 * });
 * ```
 */
export function runners(options: () => TwoSidesOptions | Promise<TwoSidesOptions>): readonly Runner[] {
  const at = (
    name: string,
    go: (sides: TwoSides) => Promise<void>,
    port: (sides: TwoSides) => TwoSides['port'] = (sides) => (contract) => sides.port(contract),
  ): Runner => ({
    name,
    start: async () => {
      const sides = await twoSides(await options());
      await go(sides).catch(async (error: unknown) => {
        await sides.close();
        throw error;
      });
      return { port: port(sides), close: () => sides.close() };
    },
  });
  return [
    at('local', (sides) => sides.goTo('monolith')),
    at('half-way', (sides) => sides.goTo('shifting', 50)),
    at('remote', (sides) => sides.goTo('extracted')),
    at(
      'twice',
      (sides) => sides.goTo('monolith'),
      (sides) => (contract) => twice(contract, sides.port(contract)),
    ),
  ];
}

type Method = (input: unknown, options?: { commandId?: string }) => Promise<unknown>;

/**
 * A port that delivers each command twice at the same time, under one command id. @throws when the two end in different ways.
 *
 * @example
 * ```ts
 * const doubled = twice(orders, port);
 * await doubled.cancel({ id: '7' });
 * ```
 */
export function twice<C extends Contract>(contract: C, port: Port<C>): Port<C> {
  const methods = Object.entries(contract.operations).map(([name, { kind }]) => {
    const once = (port as Record<string, Method>)[name] as Method;
    return [name, kind === 'query' ? once : doubled(name, once)];
  });
  return Object.fromEntries(methods) as Port<C>;
}

function doubled(name: string, once: Method): Method {
  return async (input, { commandId = uuidv7() } = {}) => {
    const both = await Promise.allSettled([once(input, { commandId }), once(input, { commandId })]);
    const [first, second] = both.map(comparable);
    if (!isDeepStrictEqual(first, second)) {
      throw new Error(`${name} ended in two ways: ${JSON.stringify(first)} and ${JSON.stringify(second)}`);
    }
    if (both[0].status === 'rejected') throw both[0].reason;
    return both[0].value;
  };
}

/** Compared as JSON, which is how an answer travels. */
function comparable(outcome: PromiseSettledResult<unknown>): unknown {
  if (outcome.status === 'fulfilled') return { answer: JSON.parse(JSON.stringify(outcome.value)) as unknown };
  const { code, data, message } = outcome.reason as { code?: string; data?: unknown; message: string };
  return { code, data, message };
}
