import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/*
 * Who is logged in to the page holds his token in a cookie that no script can read. It counts as the bearer token of requests that the
 * page itself makes, and of no others: SameSite keeps other sites out, and what the browser says of the sender keeps out the pages of other
 * ports of the same host, which share its cookies.
 */

const form = /^[\w.~+/-]{1,4096}=*$/;

/** Cookies are of a host, whatever the port: two applications on one machine are not to end each other's sessions. */
export const sessionNameFor = ({ headers: { host = '' } }: Pick<IncomingMessage, 'headers'>): string =>
  `strangler-${/:(\d{1,5})$/.exec(host)?.[1] ?? 'session'}`;

/** The token that a request of the page brings; `undefined`: it brings none, or is no request of the page. */
export function sessionOf(request: Pick<IncomingMessage, 'headers' | 'method'>): string | undefined {
  const token = tokenIn(request);
  return token !== undefined && isOwn(request) ? token : undefined;
}

/** The same, wherever the request comes from. */
export function tokenIn(request: Pick<IncomingMessage, 'headers'>): string | undefined {
  const name = sessionNameFor(request);
  const cookies = (request.headers.cookie ?? '').split(';').map((each) => each.trim());
  const token = cookies.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  return isToken(token) ? token : undefined;
}

/**
 * Whether a request comes from a page of this very listener, as far as a browser says; what only reads may also be typed by the user. A
 * browser always says where a request that changes something comes from.
 */
export function isOwn({ headers, method = 'GET' }: Pick<IncomingMessage, 'headers' | 'method'>): boolean {
  const reads = method === 'GET' || method === 'HEAD';
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || (reads && site === 'none');
  const { origin, host } = headers;
  if (origin === undefined) return reads;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Whether a text can be a token at all, and so a cookie. */
export const isToken = (text: unknown): text is string => typeof text === 'string' && form.test(text);

/** The header `Set-Cookie` by which a session begins. `seconds`: how long it counts; left out: until the browser is closed. */
export function begunBy(request: IncomingMessage, token: string, seconds?: number): string {
  const age = seconds === undefined ? '' : `; Max-Age=${Math.floor(seconds)}`;
  return `${sessionNameFor(request)}=${token}; ${attributesFor(request)}${age}`;
}

/** The same by which it ends. */
export const endedBy = (request: IncomingMessage): string =>
  `${sessionNameFor(request)}=; ${attributesFor(request)}; Max-Age=0`;

function attributesFor({ socket, headers }: IncomingMessage): string {
  const isSafe = (socket as Partial<TLSSocket>).encrypted || headers['x-forwarded-proto'] === 'https';
  return `Path=/; HttpOnly; SameSite=Strict${isSafe ? '; Secure' : ''}`;
}
