import { Failure } from '../failure.js';

/**
 * An answer, whatever it says.
 *
 * @internal
 */
export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/**
 * A call of an HTTP API.
 *
 * @internal
 */
export interface Call {
  method: 'GET' | 'POST';
  /** Of the answer, in ms. */
  timeoutMs: number;
  /** What stands in the header `Authorization`. */
  authorization?: string;
  body?: object;
}

/**
 * Nobody answered at all, or not in time; or nobody can be asked.
 *
 * @internal
 */
export class NoAnswer extends Failure {
  constructor(
    readonly reason: 'no_server' | 'too_late',
    message: string,
  ) {
    super(message);
  }
}

/**
 * Calls an HTTP API that speaks JSON. @throws {NoAnswer}
 *
 * @internal
 */
export async function callJson(
  url: string,
  { method, timeoutMs, authorization, body }: Call,
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: response.status, body: fieldsOf(await response.text()) };
  } catch (error) {
    throw noAnswer(error as Error, new URL(url).origin, timeoutMs);
  }
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function noAnswer({ name, message, cause }: Error, origin: string, timeoutMs: number): NoAnswer {
  if (name === 'TimeoutError')
    return new NoAnswer('too_late', `${origin} gave no answer in ${timeoutMs / 1_000} s`);
  // `fetch` hides the reason in the cause.
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
  return new NoAnswer('no_server', `nothing answers at ${origin} (${code})`);
}
