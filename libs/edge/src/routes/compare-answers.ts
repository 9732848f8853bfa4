import { compare } from 'nestjs-strangler/internal';

/** An answer, whole and without content coding. */
export interface Answer {
  status: number;
  /** Of the body, as the header says it. */
  type: string;
  body: Buffer;
}

/** A place where two answers differ; of a status what it is, of anything else only what kind of value. */
export interface AnswerDifference {
  path: string;
  monolith: unknown;
  extracted: unknown;
}

/**
 * Where two answers differ: by status, by the values of JSON whatever its order and spacing, and by the bytes of anything else. Pure.
 * The values themselves are not told: they may be a customer's.
 *
 * @example differencesOf(json({ total: 1 }), json({ total: '1' })) // [{ path: 'total', monolith: 'number', extracted: 'string' }]
 */
export function differencesOf(legacy: Answer, next: Answer): AnswerDifference[] {
  if (legacy.status !== next.status)
    return [{ path: 'status', monolith: legacy.status, extracted: next.status }];
  if (legacy.body.equals(next.body)) return [];
  const [a, b] = [jsonOf(legacy), jsonOf(next)];
  if (a && b) {
    return compare(a.value, b.value, []).map(({ path, monolith, extracted }) => ({
      ...{ path: path || 'body', monolith: kindOf(monolith), extracted: kindOf(extracted) },
    }));
  }
  return [{ path: 'body', monolith: legacy.type || 'no type', extracted: next.type || 'no type' }];
}

function jsonOf({ type, body }: Answer): { value: unknown } | undefined {
  if (!/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) return undefined;
  try {
    return { value: JSON.parse(body.toString()) as unknown };
  } catch {
    return undefined;
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
