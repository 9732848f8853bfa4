import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/**
 * Whose a request is. `proxies`: so many before this process are trusted, the nearest ones; what was said before them is nobody's word
 * (as Express's `trust proxy` with a number). `undefined`: the client has left.
 */
export const clientAddress = (request: IncomingMessage, proxies: number): string | undefined =>
  saidAddresses(request, proxies)[0] ?? request.socket.remoteAddress;

/** Whether the client speaks HTTPS, to this process or to one of the trusted `proxies`. */
export const isSecure = (request: IncomingMessage, proxies: number): boolean =>
  protocolOf(request, proxies) === 'https';

/**
 * What an upstream is told of the client: `X-Forwarded-For`, `-Proto` and `-Host`, once each. Of what came along only the word of
 * `proxies` before this process is taken.
 */
export function forwarded(request: IncomingMessage, proxies: number): string[] {
  const from = plain(request.socket.remoteAddress ?? '');
  const said = saidAddresses(request, proxies);
  const told = ['X-Forwarded-For', said.length === 0 ? from : `${said.join(', ')}, ${from}`];
  told.push('X-Forwarded-Proto', isSecure(request, proxies) ? 'https' : 'http');
  const host = hostOf(request, proxies);
  if (host !== undefined && isHost(host)) told.push('X-Forwarded-Host', host);
  return told;
}

/** The client first. Each trusted proxy has added the address that it was asked from. */
function saidAddresses({ headers }: IncomingMessage, proxies: number): string[] {
  const said = headers['x-forwarded-for'];
  if (proxies === 0 || said === undefined) return [];
  return String(said)
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
    .slice(-proxies);
}

function protocolOf({ headers, socket }: IncomingMessage, proxies: number): string {
  const said = proxies > 0 ? headers['x-forwarded-proto'] : undefined;
  if (said !== undefined && said !== '') return wordOf(String(said), proxies);
  return (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http';
}

function hostOf({ headers }: IncomingMessage, proxies: number): string | undefined {
  const said = proxies > 0 ? headers['x-forwarded-host'] : undefined;
  return said !== undefined && said !== '' ? wordOf(String(said), proxies) : headers.host;
}

/** Of a list to which each proxy adds: what the farthest one that is trusted has said. */
const wordOf = (list: string, proxies: number): string => list.split(',').slice(-proxies)[0]!.trim();

/** A host and perhaps a port, as `Host` has it. */
export const isHost = (text: string): boolean => /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(text);

/** An IPv4 address in the clothes of IPv6 is one. */
const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
