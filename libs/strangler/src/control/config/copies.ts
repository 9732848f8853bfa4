const most = 32;

/**
 * The origins of an upstream's copies are not written as they have to be; the message says how, and does not show the text, which may hold a password.
 *
 * @internal
 */
export class CopiesError extends Error {}

/**
 * The origins of an upstream's copies, as settings and `strangler.yaml` name them.
 * @throws {CopiesError}
 *
 * @internal
 */
export function copiesIn(text: string): readonly string[] {
  const copies = text.split(',').map((part) => originOf(part.trim()));
  if (new Set(copies).size < copies.length) throw new CopiesError('it names the same copy twice');
  if (copies.length > most) throw new CopiesError(`at most ${most} copies are expected`);
  return copies;
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol) && `${url.origin}/` === url.href) return url.origin;
  throw new CopiesError(
    'a URL as http://app:8000 is expected, without a path or a password; several copies are set apart by commas',
  );
}
