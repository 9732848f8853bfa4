import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Larger answers are not compared, in bytes. */
export const mostBytes = 1_048_576;

/** The head of an answer as it goes to the client. */
export interface AnswerHead {
  status: number;
  /** The value of a header, by its name in lower case. */
  header: (name: string) => string | undefined;
}

type Given = readonly string[] | OutgoingHttpHeaders | undefined;

/**
 * Has `add` sent with the answer, whoever writes its head and in whatever form: beside what it holds of the same name (`Set-Cookie`).
 * To be called before the answer begins.
 */
export function addHeader(response: ServerResponse, name: string, value: () => string): void {
  beforeHead(response, (_status, given) => {
    if (Array.isArray(given)) (given as string[]).push(name, value());
    else response.appendHeader(name, value());
  });
}

/** Gives the bytes of the body once all of it was written; undefined: it was too large. The head is told first. */
export function tapAnswer(
  response: ServerResponse,
  onWhole: (head: AnswerHead, body: Buffer | undefined) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let head: AnswerHead | undefined;
  beforeHead(response, (status, given) => {
    const named = namesOf(given);
    head = { status, header: (name) => named.get(name) ?? textOf(response.getHeader(name)) };
  });
  const keep = (chunk: unknown, encoding?: unknown): void => {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return;
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
        : Buffer.from(chunk);
    size += bytes.length;
    if (size <= mostBytes) chunks.push(bytes);
    else chunks.length = 0;
  };
  const target = response as unknown as Record<'write' | 'end', (...args: unknown[]) => unknown>;
  for (const method of ['write', 'end'] as const) {
    const original = target[method].bind(response);
    target[method] = (...args: unknown[]) => {
      keep(args[0], args[1]);
      return original(...args);
    };
  }
  response.once('finish', () => {
    if (head) onWhole(head, size <= mostBytes ? Buffer.concat(chunks) : undefined);
  });
}

function beforeHead(response: ServerResponse, look: (status: number, given: Given) => void): void {
  const target = response as unknown as { writeHead: (...args: unknown[]) => ServerResponse };
  const original = target.writeHead.bind(response);
  target.writeHead = (status: unknown, ...rest: unknown[]) => {
    const given = rest.at(-1);
    look(Number(status), typeof given === 'object' && given !== null ? (given as Given) : undefined);
    return original(status, ...rest);
  };
}

function namesOf(given: Given): ReadonlyMap<string, string> {
  if (given === undefined) return new Map();
  if (!Array.isArray(given)) {
    const { ...named } = given as IncomingHttpHeaders;
    return new Map(Object.entries(named).map(([name, value]) => [name.toLowerCase(), String(value)]));
  }
  const raw = given as readonly string[];
  return new Map(
    raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1] ?? ''] as const] : [])),
  );
}

const textOf = (value: number | string | string[] | undefined): string | undefined =>
  value === undefined ? undefined : String(value);
