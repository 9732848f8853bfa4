import { Logger } from '@nestjs/common';
import { RequestError, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { Side } from '../phase.js';
import { databaseLoss, described } from '../failure.js';
import type { NatsLink } from '../rpc/link.js';
import { anyDatabase } from '../rpc/subjects.js';
import type { SideControl } from './side.js';

type Method = keyof SideControl;

/** How long a method may take, in ms. Those that wait for writers take as long as a transaction may. */
const patience: Record<Method, number> = {
  state: 3_000,
  check: 10_000,
  startCapture: 90_000,
  stopCapture: 90_000,
  mayShift: 5_000,
  fence: 30_000,
  drained: 5_000,
  adopt: 5_000,
  own: 5_000,
  release: 5_000,
  raise: 5_000,
  parked: 5_000,
  unpark: 10_000,
  chunkEnd: 30_000,
  chunkHash: 60_000,
  chunkRows: 60_000,
  inFlight: 10_000,
  resend: 10_000,
  sampleKeys: 10_000,
  // Asked at each look, and its answer can be done without.
  callsTo: 500,
};
const methods = Object.keys(patience) as Method[];

/** How long the first call waits for the connection, which it begins, in ms: a look at a side is not to take longer. */
const connectMs = 5_000;
const lookConnectMs = 1_500;

/** `database`: the side is there, and its database is not. */
type Reply = { ok: unknown } | { error: string; database?: boolean };

/** What is missing: the connection, anybody who listens, an answer in time, the other side's database. */
type Missing = 'no NATS' | 'nobody' | 'silent' | 'no database';

/** The other side gave no answer: whether it has done what it was asked is not known. */
export class SideUnreachableError extends Error {
  constructor(
    message: string,
    readonly kind: Missing,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A side of a module in another process. Its methods throw {@link SideUnreachableError} when nobody answers in time. */
export function remoteSide(link: NatsLink, module: string, side: Side): SideControl {
  const call = async (method: Method, argument: unknown): Promise<unknown> => {
    const connection = await link.connected(method === 'state' ? lookConnectMs : connectMs);
    if (!connection) {
      throw new SideUnreachableError(link.trouble ?? 'there is no connection to NATS', 'no NATS');
    }
    const reply = await ask(
      connection,
      link.subjects.control({ module, side, database: anyDatabase }),
      JSON.stringify({ method, argument }),
      patience[method],
    );
    if ('error' in reply && reply.database) throw new SideUnreachableError(reply.error, 'no database');
    if ('error' in reply) throw new Error(`${module} on the side ${side}: ${reply.error}`);
    return reply.ok;
  };
  const entries = methods.map((method) => [method, (argument?: unknown) => call(method, argument)]);
  return Object.fromEntries(entries) as SideControl;
}

async function ask(
  connection: NatsConnection,
  subject: string,
  payload: string,
  timeout: number,
): Promise<Reply> {
  try {
    return (await connection.request(subject, payload, { timeout })).json<Reply>();
  } catch (error) {
    const nobody = error instanceof RequestError && error.isNoResponders();
    const message = `nobody answers at ${subject}: ${(error as Error).message}`;
    throw new SideUnreachableError(message, nobody ? 'nobody' : 'silent', { cause: error });
  }
}

/** Lets the controller reach this side, in whatever process it runs. One of several copies answers. */
export function serveSide(link: NatsLink, module: string, side: Side, control: SideControl): void {
  const logger = new Logger(`${module}.${side}`);
  const answer = async (message: Msg): Promise<void> => {
    const reply = await carryOut(control, message).catch((error: unknown): Reply => {
      logger.warn({ msg: 'could not do what the controller asked', error: described(error) });
      return { error: (error as Error).message, ...(databaseLoss(error) && { database: true }) };
    });
    message.respond(JSON.stringify(reply));
  };
  link.onConnection((connection) => {
    connection.subscribe(link.subjects.control({ module, side, database: anyDatabase }), {
      queue: side,
      callback: (_error, message) =>
        void answer(message).catch((error: unknown) =>
          logger.error({ msg: 'not answered', error: described(error) }),
        ),
    });
  });
}

async function carryOut(control: SideControl, message: Msg): Promise<Reply> {
  const { method, argument } = message.json<{ method: Method; argument: unknown }>();
  if (!methods.includes(method)) throw new Error(`a side has no method ${method as string}`);
  const run = control[method].bind(control) as (argument: unknown) => Promise<unknown>;
  return { ok: (await run(argument)) ?? null };
}
