import { Logger } from '@nestjs/common';
import {
  headers,
  NoRespondersError,
  RequestError,
  type Msg,
  type NatsConnection,
} from '@nats-io/transport-node';
import type { Side } from '../routes/phase.js';
import { databaseLoss, described } from '../database/failure.js';
import { foreignTo } from '../database/refusals.js';
import { stepsPatienceMs } from '../evidence/call-steps.js';
import { heard, type NatsLink } from '../nats/link.js';
import { answerTooLarge, respondWith, takesPieces, wholeOf } from '../nats/pieces.js';
import { anyDatabase } from '../nats/subjects.js';
import type { SideControl } from './side.js';

type Method = keyof SideControl;

/** How long a method may take, in ms. Those that wait for writers take as long as a transaction may. */
const patience: Record<Method, number> = {
  state: 3_000,
  check: 10_000,
  pair: 10_000,
  startCapture: 90_000,
  stopCapture: 90_000,
  mayShift: 5_000,
  oldWriters: 3_000,
  fence: 30_000,
  drained: 5_000,
  adopt: 5_000,
  takeOver: 10_000,
  prove: 10_000,
  serveUnproven: 5_000,
  giveUp: 5_000,
  takeWhole: 30_000,
  own: 5_000,
  release: 5_000,
  raise: 5_000,
  parked: 5_000,
  sagas: 5_000,
  steerSaga: 10_000,
  stake: 10_000,
  unpark: 10_000,
  chunkEnd: 30_000,
  chunkHash: 60_000,
  chunkRows: 60_000,
  inFlight: 10_000,
  resend: 10_000,
  sampleKeys: 10_000,
  events: 8_000,
  eventLags: 3_000,
  repairEvent: 5_000,
  logBegin: 8_000,
  replay: 30_000,
  viewOf: 3_000,
  emptyView: 30_000,
  // Asked at each look, and its answer can be done without.
  callsTo: 500,
  callStepsTo: stepsPatienceMs,
};
const methods = Object.keys(patience) as Method[];

/** How long the first call waits for the connection, which it begins, in ms: a look at a side is not to take longer. */
const connectMs = 5_000;
const lookConnectMs = 1_500;

/** `database`: the side is there, and its database is not. `foreign`: it belongs to another shop. */
type Reply = { ok: unknown } | { error: string; database?: boolean; foreign?: boolean };

/** What is missing: the connection, anybody who listens, an answer in time, the other side's database; or it is another shop's. */
type Missing = 'no NATS' | 'nobody' | 'silent' | 'no database' | 'foreign';

/** To whom a database of a module belongs. */
export interface Belonging {
  database: string;
  /** The database of the other side, and since when (RFC 3339); null: it is not paired. */
  peer: string | null;
  peerSince: string | null;
  /** The database that it was made from, in whose place it does not stand yet. */
  knownAs?: string | null;
  /** It copies, or is copied. */
  capture?: boolean;
}

const noMethod = (method: string): string => `a side has no method ${method}`;

/** The side is there, and of a release that does not know the method. */
export const isOfOlderRelease = (error: unknown, method: Method): boolean =>
  error instanceof Error && error.message.endsWith(noMethod(method));

/** Whoever serves the module and is not known yet answers within so many ms. */
const discoverMs = 250;

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

/**
 * A side of a module in another process. It is addressed by its database; while that is not known, whoever serves the module is asked
 * whom he belongs to. `own`: this side, as it knows itself. The methods throw {@link SideUnreachableError} when nobody answers in time.
 */
export function remoteSide(
  link: NatsLink,
  module: string,
  side: Side,
  own: () => Promise<Belonging>,
): SideControl {
  const call = async (method: Method, argument: unknown): Promise<unknown> => {
    const connection = await link.connected(method === 'state' ? lookConnectMs : connectMs);
    if (!connection) {
      throw new SideUnreachableError(link.trouble ?? 'there is no connection to NATS', 'no NATS');
    }
    const subjectOf = (database: string) => link.subjects.control({ module, side, database });
    const { database: from, peer, capture } = await own();
    const payload = JSON.stringify({ method, argument, from });
    const askAt = (to: string) => ask(connection, subjectOf(to), payload, patience[method]);
    const found = () => discover(connection, subjectOf(anyDatabase), from);
    const reply = await askAt(peer ?? (await found())).catch(async (error: unknown) => {
      // Nobody serves that database any more, and nothing moves: another one may be there in its place.
      if (peer === null || capture || !isNobody(error)) throw error;
      return askAt(await found().catch(() => Promise.reject(error as Error)));
    });
    if ('error' in reply && reply.database) throw new SideUnreachableError(reply.error, 'no database');
    if ('error' in reply && reply.foreign) throw new SideUnreachableError(reply.error, 'foreign');
    if ('error' in reply) throw new Error(`${module} on the side ${side}: ${reply.error}`);
    return reply.ok;
  };
  const entries = methods.map((method) => [method, (argument?: unknown) => call(method, argument)]);
  return Object.fromEntries(entries) as SideControl;
}

/** Whom the databases belong to that serve a side of the module now, whichever shop's. None without a connection. */
export async function servedOn(link: NatsLink, module: string, side: Side): Promise<Belonging[]> {
  if (!link.current) return [];
  const subject = link.subjects.control({ module, side, database: anyDatabase });
  return everybodyAt(link.current, subject).catch(() => []);
}

/** @throws {NoRespondersError} */
async function everybodyAt(connection: NatsConnection, subject: string): Promise<Belonging[]> {
  const found = new Map<string, Belonging>();
  const how = { strategy: 'timer' as const, maxWait: discoverMs };
  for await (const message of await connection.requestMany(subject, '', how)) {
    const one = message.json<Belonging>();
    found.set(one.database, one);
  }
  return [...found.values()];
}

const isNobody = (error: unknown): boolean =>
  error instanceof SideUnreachableError && error.kind === 'nobody';

/** The database that is to become the other side: one that belongs to this shop, or to nobody yet. */
async function discover(connection: NatsConnection, subject: string, from: string): Promise<string> {
  const all = await everybodyAt(connection, subject).catch((error: unknown) => {
    if (!(error instanceof NoRespondersError)) throw error;
    throw new SideUnreachableError(`nobody answers at ${subject}`, 'nobody', { cause: error });
  });
  const mine = all.filter(({ peer }) => peer === from);
  const free = all.filter(({ peer }) => peer === null);
  const [chosen, second] = mine.length > 0 ? mine : free;
  if (second)
    throw new SideUnreachableError(
      `two services answer, on the databases ${chosen!.database} and ${second.database}: stop one of them`,
      'foreign',
    );
  if (chosen) return chosen.database;
  const [other] = all;
  if (other) throw new SideUnreachableError(foreign(other), 'foreign');
  throw new SideUnreachableError(`nobody answers at ${subject} in time`, 'silent');
}

const foreign = ({ database, peer, peerSince }: Belonging): string =>
  foreignTo({ database, shop: peer, since: peerSince });

async function ask(
  connection: NatsConnection,
  subject: string,
  payload: string,
  timeout: number,
): Promise<Reply> {
  const giveUpAt = performance.now() + timeout;
  const told = headers();
  told.set(takesPieces, '1');
  try {
    const first = await connection.request(subject, payload, { timeout, headers: told });
    return (await wholeOf(connection, first, () => giveUpAt - performance.now())).json<Reply>();
  } catch (error) {
    const nobody = error instanceof RequestError && error.isNoResponders();
    const message = `nobody answers at ${subject}: ${(error as Error).message}`;
    throw new SideUnreachableError(message, nobody ? 'nobody' : 'silent', { cause: error });
  }
}

/**
 * Lets the controller reach this side, in whatever process it runs. One of several copies answers; a shop that this side does not
 * belong to is refused by name. Returns the way to stop.
 */
export function serveSide(
  link: NatsLink,
  place: { module: string; side: Side; database: string },
  control: SideControl,
  own: () => Promise<Belonging>,
): () => void {
  const { module, side, database } = place;
  const logger = new Logger(`${module}.${side}`);
  const answer = async (connection: NatsConnection, message: Msg): Promise<void> => {
    const reply = await carryOut(control, message, own).catch((error: unknown): Reply => {
      logger.warn({ msg: 'could not do what the controller asked', error: described(error) });
      return { error: (error as Error).message, ...(databaseLoss(error) && { database: true }) };
    });
    const text = JSON.stringify(reply);
    if (await respondWith(connection, message, text)) return;
    const error = answerTooLarge(`${module} on the side ${side}`, text);
    logger.error({ msg: error });
    message.respond(JSON.stringify({ error } satisfies Reply));
  };
  const notAnswered = (error: unknown) => logger.error({ msg: 'not answered', error: described(error) });
  const tell = async (message: Msg) => message.respond(JSON.stringify(await own()));
  const subjectOf = (to: string) => link.subjects.control({ module, side, database: to });
  return link.listen((connection) => [
    connection.subscribe(subjectOf(database), {
      queue: side,
      callback: heard((message) => void answer(connection, message).catch(notAnswered)),
    }),
    connection.subscribe(subjectOf(anyDatabase), {
      callback: heard((message) => void tell(message).catch(notAnswered)),
    }),
  ]);
}

async function carryOut(control: SideControl, message: Msg, own: () => Promise<Belonging>): Promise<Reply> {
  const { method, argument, from } = message.json<{ method: Method; argument: unknown; from?: string }>();
  if (!methods.includes(method)) throw new Error(noMethod(method));
  const belonging = await own();
  if (belonging.peer !== null && belonging.peer !== from) return { error: foreign(belonging), foreign: true };
  const run = control[method].bind(control) as (argument: unknown) => Promise<unknown>;
  return { ok: (await run(argument)) ?? null };
}
