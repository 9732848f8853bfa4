import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Built by Vite from `page/`, and shipped with the package. */
const folder = new URL('../../../page/dist/', import.meta.url);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.md': 'text/plain; charset=utf-8',
  '.json': 'application/json',
};

/** Nothing but what this listener serves runs or is asked for, and nobody shows the page in a frame of his own. */
const policy = [
  `default-src 'none'`,
  ...['script-src', 'style-src', 'img-src', 'connect-src'].map((what) => `${what} 'self'`),
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

/** A file of the page as it is answered. */
export interface PageFile {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The files of the page by their paths. `ways`: how one logs in, for the page to ask for it. Empty where nobody has built it. */
export function pageFiles(ways: 'account' | 'token'): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of names()) {
    const body = readFileSync(new URL(name, folder));
    const isIndex = name === 'index.html';
    const shown = isIndex
      ? Buffer.from(body.toString().replace('content="token"', `content="${ways}"`))
      : body;
    files.set(isIndex ? '/' : `/${name}`, { body: shown, headers: headersOf(name) });
  }
  return files;
}

function names(): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) =>
        relative(fileURLToPath(folder), join(parentPath, name)).replaceAll('\\', '/'),
      );
  } catch {
    return [];
  }
}

function headersOf(name: string): Record<string, string> {
  // The name of an asset says its content.
  const kept = name.startsWith('assets/') ? 'private, max-age=31536000, immutable' : 'no-cache';
  return {
    'Content-Type': types[extname(name)] ?? 'application/octet-stream',
    'Cache-Control': kept,
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
}
