import fc from 'fast-check';
import { safePath } from './safe-path.js';

const targetOf = (url: string): string | undefined => {
  const path = safePath(url);
  return 'target' in path ? path.target : undefined;
};
const routeOf = (url: string): string | undefined => {
  const path = safePath(url);
  return 'route' in path ? path.route : undefined;
};

describe('the one reading of a path', () => {
  it.each([
    ['/', '/'],
    ['/a/b?c=//../%2f', '/a/b?c=//../%2f'],
    ['/%7Eann/%61', '/~ann/a'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%20b/100%25', '/a%20b/100%25'],
    ['/.well-known/x', '/.well-known/x'],
    ['/a/...', '/a/...'],
    ['/a/', '/a/'],
    ["/a:b@c,d(e)'f*[g]|h", "/a:b@c,d(e)'f*[g]|h"],
  ])('%s is %s', (url, target) => expect(targetOf(url)).toBe(target));

  it.each([
    ['/a;v=1/b;w', '/a/b'],
    ['/%61;x?q', '/a'],
  ])('%s is routed as %s', (url, route) => expect(routeOf(url)).toBe(route));

  it.each(['/old/%252e', '/old/%25%32e%25%32e', '/old/%25%32%65', '/old/%25%66%66'])(
    '%s would be another one where somebody decodes it twice',
    (url) => expect(safePath(url)).toEqual({ fault: 'the path is encoded twice' }),
  );

  it('is read again as itself: nothing changes where somebody reads it once more', () => {
    fc.assert(
      fc.property(urls, (url) => {
        const once = targetOf(url);
        if (once !== undefined) expect(targetOf(once)).toBe(once);
      }),
    );
  });

  it('is what a browser, and whoever decodes it, makes of it', () => {
    fc.assert(
      fc.property(urls, (url) => {
        const target = targetOf(url);
        if (target === undefined) return;
        const path = target.split('?', 1)[0]!;
        // Dot segments, `//` and `\` would be gone.
        expect(decodeURIComponent(new URL(`http://a${path}`).pathname)).toBe(decodeURIComponent(path));
        const decoded = decodeURIComponent(
          decodeURIComponent(path.replaceAll(/%25(?![\da-f]{2})/gi, '%2525')),
        );
        expect(decoded.split('/')).toHaveLength(path.split('/').length);
        expect(decoded.split('/')).not.toContain('..');
        // eslint-disable-next-line no-control-regex -- these are meant
        expect(decoded).not.toMatch(/[\x00-\x1f\x7f\\]/);
      }),
    );
  });
});

/** Made of what matters. */
const urls = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '/',
        '.',
        '..',
        '%2e',
        '%2E',
        '%2f',
        '%5c',
        '\\',
        '%25',
        '%252e',
        '%32',
        '%65',
        ';',
        '?',
        '#',
        '%00',
        '%c0%ae',
        '%E9',
        '//',
      ),
      fc.constantFrom('a', 'B', '~', '%61', '%7e', '%c3%a9', '%20', '%', '%4', '@', ':', '*', '|'),
      fc.string({ maxLength: 2 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => `/${parts.join('')}`);
