import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

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
  readonly gzipped: Buffer;
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
    const headers = { ...headersOf(name), ETag: tagOf(shown) };
    files.set(isIndex ? '/' : `/${name}`, { body: shown, gzipped: gzipSync(shown), headers });
  }
  return files;
}

/** Answers with a file: compressed for whoever takes that, and not again to who has it. */
export function sendFile(
  { headers: asked }: Pick<IncomingMessage, 'headers'>,
  response: ServerResponse,
  { body, gzipped, headers }: PageFile,
): void {
  if (asked['if-none-match'] === headers['ETag']) return void response.writeHead(304, headers).end();
  if (!takesGzip(asked['accept-encoding'])) return void response.writeHead(200, headers).end(body);
  response.writeHead(200, { ...headers, 'Content-Encoding': 'gzip' }).end(gzipped);
}

/** Weak: that of a file and of its compressed form are the same (RFC 9110, section 8.8.1). */
const tagOf = (body: Buffer): string => `W/"${createHash('sha256').update(body).digest('base64url')}"`;

/** Named, and not by `q=0`, which says that it is not taken. */
const takesGzip = (accepted: string | string[] = ''): boolean =>
  /(^|,)\s*gzip\s*(;\s*q=(1|0?\.0*[1-9])[\d.]*\s*)?(,|$)/i.test(String(accepted));

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
    Vary: 'Accept-Encoding',
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
}
