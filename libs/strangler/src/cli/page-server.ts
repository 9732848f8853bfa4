import { once } from 'node:events';
import {
  createServer,
  request as requestHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream';
import { asksForThisMachine } from '../operate/local-names.js';
import { pageFiles, sendFile, type PageFile } from '../operate/page/page-files.js';
import { sessionNameFor, tokenIn } from '../operate/page/session-cookie.js';
import { Failure } from './failure.js';

/** Headers of one connection, which a proxy does not pass on (RFC 9110, section 7.6.1). */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Serves the operator's page on this machine, for the admin API at `target`: a system elsewhere, or of a release whose listener has no
 * page. Who opens it logs in there; nothing of that is kept here. @throws {Failure} when the port is taken.
 */
export async function servePage(target: URL, port: number): Promise<Server> {
  const files = pageFiles('account');
  if (files.size === 0) throw new Failure('this package was built without its page');
  const server = createServer((request, response) => answer(request, response, target, files));
  const listening = once(server.listen(port, '127.0.0.1'), 'listening');
  await listening.catch((error: unknown) => {
    throw new Failure(
      `port ${port} cannot be used: ${(error as Error).message}; name another one with --port`,
    );
  });
  return server;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  target: URL,
  files: ReadonlyMap<string, PageFile>,
): void {
  // A page of another site whose name leads here must not read what its visitor may.
  if (!asksForThisMachine(request.headers.host)) return void response.writeHead(403).end();
  const file = request.method === 'GET' ? files.get((request.url ?? '/').split('?')[0]!) : undefined;
  if (file) return sendFile(request, response, file);
  passOn(request, response, target);
}

function passOn(request: IncomingMessage, response: ServerResponse, target: URL): void {
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  const url = urlAt(target, request.url ?? '/');
  if (!url) return void response.writeHead(400).end();
  const headers = headersFor(request, url);
  const passed = send(url, { method: request.method, headers }, (answered) => {
    response.writeHead(answered.statusCode ?? 502, headersOf(answered, request));
    // With it ends what is answered here: a stream whose other end is gone would be open for ever, and the page would wait for it.
    pipeline(answered, response, () => undefined);
  });
  passed.on('error', () => {
    if (response.headersSent) return void response.destroy();
    const detail = `the admin API at ${target.origin} does not answer`;
    response.writeHead(502, { 'Content-Type': 'application/problem+json' });
    response.end(JSON.stringify({ type: 'about:blank', title: 'Bad Gateway', status: 502, detail }));
  });
  response.once('close', () => passed.destroy());
  request.pipe(passed);
}

/** A path that reads like the address of somebody else stays a path: nobody but the target is asked. */
function urlAt(target: URL, path: string): URL | undefined {
  if (!path.startsWith('/')) return undefined;
  const url = new URL(
    `${target.pathname.replace(/\/$/, '')}/${path.replace(/^[/\\]+/, '')}`,
    'http://path.invalid',
  );
  return new URL(target.origin + url.pathname + url.search);
}

/** Of all cookies of this machine, the session of this page alone goes to the target, under the name that it has there. */
function headersFor(request: IncomingMessage, { host }: URL): IncomingMessage['headers'] {
  const { cookie: _all, ...rest } = passing(request.headers);
  const token = tokenIn(request);
  const session = token === undefined ? {} : { cookie: `${sessionNameFor({ headers: { host } })}=${token}` };
  return { ...rest, host, ...session };
}

/**
 * And it comes back under the name that it has here: another listener of this machine has a session of its own. Here there is no TLS, and
 * some browsers keep no `Secure` cookie then, not even of localhost.
 */
function headersOf({ headers }: IncomingMessage, request: IncomingMessage): IncomingMessage['headers'] {
  const cookies = headers['set-cookie']?.map((each) =>
    each.replace(/^strangler-\w+=/, `${sessionNameFor(request)}=`).replace(/; Secure(?=;|$)/i, ''),
  );
  return { ...passing(headers), ...(cookies && { 'set-cookie': cookies }) };
}

const passing = (headers: IncomingMessage['headers']): IncomingMessage['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name)));
