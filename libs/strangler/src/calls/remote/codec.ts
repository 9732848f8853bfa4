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
import { readHeaders, writeHeaders, type CallHeaders } from './headers.js';
import { UnreadError } from './outgoing-calls.js';

const timeLeft = 'Time-Left';

/**
 * Writes what goes with a call as headers of its message. They can only be sent: those of NATS's client look
 * at each name letter by letter, which takes longer than the rest of a small call. @throws {RangeError} when a value has more than one line
 */
export function encodeHeaders(call: CallHeaders): MsgHdrs {
  let text = first;
  const write = (name: string, value: string) => void (text += line(name, value));
  writeHeaders(call, write);
  if (call.deadline !== undefined) write(timeLeft, String(msUntil(call.deadline)));
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

/** Reads what {@link encodeHeaders} wrote. */
export function decodeHeaders({ headers }: Pick<Msg, 'headers'>): CallHeaders {
  const read = (name: string): string | undefined => headers?.get(name) || undefined;
  return readHeaders(read, deadlineIn(read(timeLeft)));
}

const msUntil = (deadline: number): number => Math.max(0, Math.floor(deadline - performance.now()));

function deadlineIn(text: string | undefined): number | undefined {
  const ms = Number(text ?? NaN);
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
