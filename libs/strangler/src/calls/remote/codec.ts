import {
  DomainError,
  OutcomeUnknownError,
  type DomainErrorData,
  ValidationError,
} from '../../contract/errors.js';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import type { CallContext } from '../../database/context.js';
import type { Side } from '../../routes/phase.js';
import { takesPieces } from '../../nats/pieces.js';

/** Who calls. */
export interface Sender {
  readonly shop: string;
  readonly database: string;
}

/** What travels beside a call's input. */
export interface CallHeaders {
  /** The shop and the database of who calls; undefined: he names none. */
  from: Sender | undefined;
  requestId: string;
  traceparent: string | undefined;
  tracestate?: string | undefined;
  /** By `performance.now()` of this process. What travels is how many ms are left: no two clocks are compared. */
  deadline: number | undefined;
  commandId: string | undefined;
  /** The command that this one takes back. */
  undoOf?: string | undefined;
  /** Not to be carried out, but refused from now on unless it has been done. */
  cancel?: boolean | undefined;
  /** Only asked to compare: whoever the owner is. */
  shadow?: boolean | undefined;
  /** Proves who calls (caller-token.ts). */
  token?: string | undefined;
  /** Headers of the first request that decide on cohorts. */
  headers?: Readonly<Record<string, string | undefined>> | undefined;
}

const names = {
  from: 'From',
  requestId: 'X-Request-Id',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  timeLeft: 'Time-Left',
  commandId: 'Command-Id',
  undoOf: 'Undo-Of',
  cancel: 'Cancel',
  shadow: 'Shadow',
  token: 'Caller',
  cohort: 'Cohort',
} as const;

/**
 * Writes what goes with a call as headers of its message; what is not there gets none. They can only be sent: those of NATS's client look
 * at each name letter by letter, which takes longer than the rest of a small call. @throws {RangeError} when a value has more than one line
 */
export function encodeHeaders(call: CallHeaders): MsgHdrs {
  const { from, deadline, headers: cohort } = call;
  let text = first;
  if (from) text += line(names.from, `${from.shop} ${from.database}`);
  text += line(names.requestId, call.requestId);
  if (deadline !== undefined) text += line(names.timeLeft, String(msUntil(deadline)));
  if (call.traceparent) text += line(names.traceparent, call.traceparent);
  if (call.tracestate) text += line(names.tracestate, call.tracestate);
  if (call.commandId) text += line(names.commandId, call.commandId);
  if (call.undoOf) text += line(names.undoOf, call.undoOf);
  if (call.cancel) text += line(names.cancel, '1');
  if (call.shadow) text += line(names.shadow, '1');
  if (call.token) text += line(names.token, call.token);
  if (cohort) text += line(names.cohort, encodeURIComponent(JSON.stringify(cohort)));
  const encoded: Encodable = { encode: () => Buffer.from(`${text}\r\n`) };
  return encoded as unknown as MsgHdrs;
}

/** All that NATS's client asks of headers which it sends. */
interface Encodable {
  encode(): Uint8Array;
}

const first = `NATS/1.0\r\n${takesPieces}: 1\r\n`;

function line(name: string, value: string): string {
  if (/[\r\n]/.test(value)) throw new RangeError(`${name} has more than one line`);
  return `${name}: ${value}\r\n`;
}

/** Reads what {@link encodeHeaders} wrote; a call from a foreign tool may lack all of it. */
export function decodeHeaders(message: Msg): CallHeaders {
  const read = (name: string): string | undefined => message.headers?.get(name) || undefined;
  return {
    from: senderIn(read(names.from)),
    requestId: read(names.requestId) ?? '-',
    traceparent: read(names.traceparent),
    tracestate: read(names.tracestate),
    deadline: deadlineIn(read(names.timeLeft)),
    commandId: read(names.commandId),
    undoOf: read(names.undoOf),
    cancel: read(names.cancel) === '1' || undefined,
    shadow: read(names.shadow) === '1' || undefined,
    token: read(names.token),
    headers: cohortIn(read(names.cohort)),
  };
}

function senderIn(text: string | undefined): Sender | undefined {
  const end = text?.indexOf(' ') ?? -1;
  return text !== undefined && end > 0
    ? { shop: text.slice(0, end), database: text.slice(end + 1) }
    : undefined;
}

/** Whatever else a foreign tool may have sent is no cohort. */
function cohortIn(text: string | undefined): Record<string, string> | undefined {
  try {
    const value: unknown = text && JSON.parse(decodeURIComponent(text));
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

const msUntil = (deadline: number): number => Math.max(0, Math.floor(deadline - performance.now()));

function deadlineIn(timeLeft: string | undefined): number | undefined {
  const ms = Number(timeLeft ?? NaN);
  return Number.isFinite(ms) ? performance.now() + ms : undefined;
}

/** Not the one of NATS's client, which puts U+FFFD in the place of what is no UTF-8. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The input in a call. @throws {ValidationError} when it is no JSON in UTF-8. */
export function decodeInput({ data }: Pick<Msg, 'data'>): unknown {
  try {
    return JSON.parse(utf8.decode(data)) as unknown;
  } catch {
    throw new ValidationError(['the input is not valid JSON']);
  }
}

type ServedBy = Record<string, Side>;
type Reply =
  | { ok: unknown; by?: ServedBy }
  | { error: { code: string; message: string; data: DomainErrorData }; unread?: true; by?: ServedBy };

/** A result as it travels. `servedBy` names the sides that worked for it, further hops included. */
export const encodeResult = (ok: unknown, servedBy: CallContext['servedBy']): string =>
  JSON.stringify({ ok, ...further(servedBy) } satisfies Reply);

/** An error as it travels. `unread`: the contract of whoever answers does not allow the input. */
export const encodeError = (
  { code, message, data }: DomainError,
  servedBy: CallContext['servedBy'],
  unread = false,
): string =>
  JSON.stringify({
    error: { code, message, data },
    ...(unread && { unread }),
    ...further(servedBy),
  } satisfies Reply);

/** Whoever was asked does not know such an input. */
export class UnreadError extends Error {}

const further = (servedBy: CallContext['servedBy']): { by?: ServedBy } =>
  servedBy.size > 0 ? { by: Object.fromEntries(servedBy) } : {};

/** The result in a reply. @throws {DomainError} the error in it. {UnreadError} */
export function decodeReply(
  message: Pick<Msg, 'json'>,
  servedBy: CallContext['servedBy'] | undefined,
): unknown {
  const reply = message.json<Reply>();
  if (reply.by) for (const [module, side] of Object.entries(reply.by)) servedBy?.set(module, side);
  if ('ok' in reply) return reply.ok;
  const { code, message: text, data } = reply.error;
  if (reply.unread) throw new UnreadError(text);
  if (code === 'outcome_unknown') {
    throw new OutcomeUnknownError(
      String(data['module']),
      String(data['operation']),
      String(data['commandId']),
    );
  }
  throw new DomainError(code, data, text);
}
