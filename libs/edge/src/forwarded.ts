import type { Request } from 'express';

/**
 * What an upstream is told of the client: `X-Forwarded-For`, `-Proto` and `-Host`, once each. Of what came along only the word of proxies
 * that Express trusts (`trust proxy`) is taken.
 */
export function forwarded(request: Request): string[] {
  const { headers, socket } = request;
  const addresses = headers['x-forwarded-for'] === undefined ? [] : request.ips;
  const from = plain(socket.remoteAddress ?? '');
  const told = ['X-Forwarded-For', addresses.length === 0 ? from : `${addresses.join(', ')}, ${from}`];
  told.push('X-Forwarded-Proto', request.protocol === 'https' ? 'https' : 'http');
  const host = headers['x-forwarded-host'] === undefined ? headers.host : request.host;
  if (host !== undefined && isHost(host)) told.push('X-Forwarded-Host', host);
  return told;
}

/** A host and perhaps a port, as `Host` has it. */
export const isHost = (text: string): boolean => /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(text);

/** An IPv4 address in the clothes of IPv6 is one. */
const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
