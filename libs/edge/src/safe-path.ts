/** What a request asks for, in the one form that every part of the gateway and every upstream reads alike. */
export interface SafePath {
  /** Path and query, to be sent on. */
  readonly target: string;
  /** The path that decides who answers: without the query, and without parameters of segments (`/a;v=1/b` is `/a/b`). */
  readonly route: string;
}

/** What is wrong with it, for the one who asked. */
export interface UnsafePath {
  readonly fault: string;
}

/**
 * Reads the target of a request: `/a/%7Eann?q=1` is `/a/~ann?q=1`, by the rules of RFC 3986, 6.2.2. Whatever two programs could read
 * as two paths is refused: dot segments, `//`, `\`, an encoded `/`, `\` or control byte, what is encoded twice, what is no UTF-8, and
 * any form but `/path?query` (`http://other/`, `*`).
 *
 * @example safePath('/reports/../admin') // { fault: 'the path has a dot segment' }
 */
export function safePath(url: string): SafePath | UnsafePath {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  if (path.charCodeAt(0) !== slash) return { fault: 'the target has to be a path' };
  if (mark !== -1 && unprintable.test(url)) return { fault: 'the query has bytes that have to be encoded' };
  if (!ambiguous.test(path)) return { target: url, route: path };
  const read = normalized(path);
  if (typeof read !== 'string') return read;
  return { target: mark === -1 ? read : read + url.slice(mark), route: read.replace(parameters, '') };
}

const slash = 47;
const unprintable = /[^\x21-\x7e]|#/;
/** Any other path is as it is. */
const ambiguous = /[^\x21-\x7e]|[#%;\\]|\/[./]/;
const parameters = /;[^/]*/g;
const dots = /^\.{1,2}$/;
const escape = /%([\da-f]{2})?/gi;
/** Not even encoded: `/`, `\`, control bytes. */
const never = /[\x00-\x1f\x7f/\\]/; // eslint-disable-line no-control-regex -- these are meant
const twice = /%25[\da-f]{2}/i;
const unreserved = /[\w.~-]/;

function normalized(path: string): string | UnsafePath {
  if (unprintable.test(path) || path.includes('\\'))
    return { fault: 'the path has bytes that have to be encoded' };
  if (!isUtf8(path)) return { fault: 'the path is not percent-encoded UTF-8' };
  let fault: string | undefined;
  const read = path.replace(escape, (code, hex: string) => {
    const char = String.fromCharCode(parseInt(hex, 16));
    if (never.test(char)) fault = `the path has ${code}`;
    return unreserved.test(char) ? char : code.toUpperCase();
  });
  if (fault !== undefined) return { fault };
  // `%25%32%65` is `%252e` by now.
  if (twice.test(read)) return { fault: 'the path is encoded twice' };
  const [, ...segments] = read.split('/');
  if (segments.slice(0, -1).includes('')) return { fault: 'the path has an empty segment' };
  if (segments.some((segment) => dots.test(segment.replace(parameters, ''))))
    return { fault: 'the path has a dot segment' };
  // `/a/;x/b` would be `/a//b` without its parameters.
  if (segments.some((segment) => segment.startsWith(';'))) return { fault: 'the path has an empty segment' };
  return read;
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
