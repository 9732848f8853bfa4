import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import type { Executor, ExecuteOptions } from '../calls/executor.js';
import { refusalOf } from '../calls/may-ask.js';
import { LocalModules } from '../calls/local-modules.js';
import { ContractServer } from '../calls/remote/server.js';
import { CommandUndoneError, ForbiddenError, isDomainError } from '../contract/errors.js';
import type { CallOptions } from '../calls/ports.js';
import type { Contract } from '../contract/contract.js';
import { prepare, type PreparedOperation } from '../contract/operation.js';
import { currentContext } from '../database/context.js';
import type { CallerKey } from '../nats/callers/caller-keys.js';
import { takeKeys } from '../nats/callers/key-exchange.js';
import { NatsLink } from '../nats/link.js';
import { publishRoutes } from '../nats/route-sync.js';
import { Subjects } from '../nats/subjects.js';
import type { NatsOptions } from '../nest/options.js';
import { routeOf, Routes } from '../routes/routes.js';
import type { Fake } from './fake.js';

/** How long NATS may take to answer at first, in ms. */
const connectMs = 5_000;
/** Keys of callers, by the shop: who goes on while fakes end and begin anew says its key seldom. */
const keysOf = new Map<string, Map<string, CallerKey>>();

/**
 * Where {@link serveFakes} serves.
 *
 * @example
 * ```ts
 * const where: ServeFakesOptions = { nats: 'nats://localhost:4222', namespace: 'shop' };
 * ```
 */
export interface ServeFakesOptions {
  /** URL, or how it is reached, of a NATS on which no shop runs in that namespace. */
  nats: string | Exclude<NatsOptions['connection'], string>;
  /** What all subjects begin with (default `shop`). */
  namespace?: string;
  /** Id of the shop, for a caller that goes on while fakes end and begin anew. Left out: a new one. */
  shop?: string;
}

/**
 * Fakes that are reached over NATS.
 *
 * @example
 * ```ts
 * const ending = (served: ServedFakes) => served.close();
 * ```
 */
export interface ServedFakes {
  /** Id of the shop that they seem to be: a caller that is not of the toolkit names it in the header `From`, as `<shop> <shop>`. */
  readonly shop: string;
  /**
   * Ends them; who still waits for an answer is told that there is none.
   * @throws the first thing that a fake did which its contract does not allow, or that it had no answer: its caller was told `internal`.
   */
  close(): Promise<void>;
}

/**
 * Serves fakes on the subjects of their modules: for the test of a process that reaches them over NATS, which need not know that nobody else is
 * there. It is answered and refused as by the modules themselves; it finds the shop, says its key, and is known by it. An answer that takes its
 * time is a delay, one that never comes a time-out, `throw contract.error(…)` or `throw new UnavailableError(…)` what it says.
 * (Service virtualisation, as WireMock and Pact's stub server have it for HTTP.)
 *
 * @throws {Error} when NATS does not answer
 *
 * @example
 * ```ts
 * const fake = fakeOf(orders, { get: ({ id }) => ({ id, sku: 'A', quantity: 1, status: 'placed' }) });
 * const served = await serveFakes([fake], { nats: 'nats://localhost:4222' });
 * // … start the process under test with the same NATS_URL, and ask it something.
 * expect(fake.calls).toHaveLength(1);
 * await served.close();
 * ```
 */
export async function serveFakes(
  fakes: readonly Pick<Fake<Contract>, 'contract' | 'port'>[],
  { nats, namespace, shop = uuidv7() }: ServeFakesOptions,
): Promise<ServedFakes> {
  const link = new NatsLink(connectionOf(nats), { subjects: new Subjects(namespace) });
  const routes = new Routes();
  const names = fakes.map(({ contract }) => contract.name);
  // The same for a shop: a caller that goes on finds them where they were.
  const database = uuidv5(shop, uuidv5.URL);
  routes.join({ shop, database, since: null, modules: names });
  const entry = { ...routeOf('extracted'), databases: { monolith: shop, extracted: database } };
  routes.replace(Object.fromEntries(names.map((name) => [name, entry])));
  const modules = new LocalModules('extracted');
  const ending = new AbortController();
  const faults: unknown[] = [];
  for (const fake of fakes) modules.add(executorOf(fake, ending.signal, (fault) => faults.push(fault)));
  const server = new ContractServer(link, modules, routes);
  publishRoutes(link, routes);
  const known = keysOf.get(shop) ?? new Map<string, CallerKey>();
  keysOf.set(shop, known);
  link.keys.learn([...known.values()]);
  const stopTakingKeys = takeKeys(link, routes, known);
  server.listen();
  if (!(await link.connected(connectMs))) {
    await link.close();
    throw new Error(link.trouble ?? 'NATS does not answer');
  }
  await server.serving;
  return {
    shop,
    close: async () => {
      ending.abort();
      await server.close();
      stopTakingKeys();
      await link.close();
      if (faults.length > 0) throw faults[0];
    },
  };
}

const connectionOf = (nats: ServeFakesOptions['nats']) => () =>
  typeof nats === 'function' ? nats() : Promise.resolve(typeof nats === 'string' ? { servers: nats } : nats);

type Call = (input: unknown, options: CallOptions) => Promise<unknown>;

/** A fake in the place of what runs a module's operations. */
function executorOf(
  { contract, port }: Pick<Fake<Contract>, 'contract' | 'port'>,
  ending: AbortSignal,
  fault: (error: unknown) => void,
): Executor {
  const operations = prepare(contract);
  const execute = async (name: string, raw: unknown, commandId?: string, how: ExecuteOptions = {}) => {
    assertMayAsk(operations.get(name)!, raw);
    // What was done is not known here; it is refused from now on.
    if (how.cancel) throw new CommandUndoneError();
    const call = (port as Record<string, Call>)[name]!;
    const answer = call(raw, { commandId, undoOf: how.undoOf });
    try {
      return await untilAborted(answer, ending);
    } catch (error) {
      if (!isDomainError(error) && !ending.aborted) fault(error);
      throw error;
    }
  };
  const rehearse = () => Promise.reject(new Error('a fake rehearses nothing'));
  return { contract, execute, rehearse } as unknown as Executor;
}

/** @throws {ForbiddenError} as the module would, whose list of callers is not known here. */
function assertMayAsk(operation: PreparedOperation, raw: unknown): void {
  const caller = currentContext()?.caller;
  const why =
    caller &&
    refusalOf(
      operation,
      () => operation.input.parse(raw),
      caller,
      () => true,
    );
  if (why) throw new ForbiddenError(why);
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error('the fakes have ended'));
    // Also asked in the moment of the end: that signal has been given, and comes no more.
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
