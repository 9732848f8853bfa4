import type { IncomingMessage } from 'node:http';

/** What is done with a header of a request. */
type Fate =
  /** It goes on. */
  | 'pass'
  /** It goes on; two of them are refused, because two programs may take a different one. */
  | 'once'
  /** It is between two neighbours, or the gateway writes its own. */
  | 'drop'
  /** It claims who somebody is: the same. */
  | 'identity'
  /** It says another method: it goes on where the method is not one that is safe to repeat. */
  | 'method';

/** Of one connection (RFC 9110, 7.6.1); and what says how long a body is, which each connection says for itself. */
const hopByHop = [
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const;

/** Who somebody is: only a gateway may say it (`X-User-Group` is none of these: it names a cohort, and proves nothing). By our names, and by those of nginx, oauth2-proxy, Kong, Grafana and the clouds' own gateways. */
const identities =
  /^(?:x-user(?:-?(?:id|name|e?mail|roles?|groups|info))?|x-internal-.*|x-auth-(?:request-.*|user.*|name|email|roles?|groups?)|x-authenticated-.*|x-(?:webauth|vouch|consumer|authentik)-.*|x-pomerium-claim-.*|x-goog-authenticated-user-.*|x-ms-(?:client-principal|token).*|x-amzn-oidc-.*|x-(?:apigateway|endpoint)-api-userinfo|cf-access-authenticated-.*|tailscale-user-.*|(?:x-)?remote-(?:user.*|email|groups?|name)|(?:x-)?ssl-c(?:lient-.*|ert)|x-client-(?:cert.*|dn|verify)|oidc-claim-.*|sm-user.*|x-sso-user.*|x-jwt-payload|client-cert(?:-chain)?|x-arr-clientcert)$/;

/** Where somebody comes from, what he asked for first, and whether it is a copy: the gateway says it anew. */
const origins =
  /^(?:x-forwarded(?:-.*)?|forwarded|x-real-ip|(?:x-)?client-ip|true-client-ip|x-cluster-client-ip|x-proxyuser-ip|x-original-(?:forwarded-for|host)|x-host|x-request-id|x-shadow-request)$/;

/** Another path than the one that was looked at. */
const otherPath = /^x-(?:original|rewrite)-(?:url|uri)$/;
const otherMethod = /^x-(?:http-)?method(?:-override)?$/;
const twiceRefused = new Set(['host', 'authorization', 'content-type']);
const hops = new Set<string>(hopByHop);

/** Whether a header claims who somebody is: `x-user-id`, however it is spelled (`X_User_Id`). A client's is never passed on. */
export const isIdentityHeader = (name: string): boolean => fateOf(name) === 'identity';

/** Whether a client's word in a header counts for nothing: it claims who he is or where he comes from, or is of his connection. */
export const isTakenAway = (name: string): boolean => fateOf(name) === 'identity' || fateOf(name) === 'drop';

/** CGI and its heirs (WSGI, PHP) take every other character for `_`. */
const canonical = (name: string): string => name.toLowerCase().replace(/[^a-z\d]/g, '-');

function judge(raw: string): Fate {
  const name = canonical(raw);
  if (identities.test(name)) return 'identity';
  if (hops.has(name) || origins.test(name) || otherPath.test(name)) return 'drop';
  if (otherMethod.test(name)) return 'method';
  return twiceRefused.has(name) ? 'once' : 'pass';
}

const fates = new Map<string, Fate>();
const mostFates = 1_000;

/** Names come again and again: each is looked at once, as long as there are not too many. */
function fateOf(raw: string): Fate {
  const known = fates.get(raw);
  if (known !== undefined) return known;
  const fate = judge(raw);
  if (fates.size < mostFates) fates.set(raw, fate);
  return fate;
}

/** Names and values in turn, as Node has them: `['Host', 'a', 'Accept', 'b']`. */
export type RawHeaders = readonly string[];

/** The header of which a request has two, where one is allowed. */
export function headerTwice(raw: RawHeaders): string | undefined {
  let seen: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    if (fateOf(name) !== 'once') continue;
    const mark = ` ${canonical(name)} `;
    if (seen?.includes(mark)) return mark.trim();
    seen = (seen ?? '') + mark;
  }
  return undefined;
}

/** The headers of a request that go on: those of its own, not of its connection, and none that only a gateway may say. */
export function onward(raw: RawHeaders, connection: string | undefined, safe: boolean): string[] {
  const named = namedBy(connection);
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const fate = fateOf(name);
    if (
      fate === 'drop' ||
      fate === 'identity' ||
      (fate === 'method' && safe) ||
      (name.length === 4 && name.toLowerCase() === 'host')
    )
      continue;
    if (named?.has(name.toLowerCase())) continue;
    kept.push(name, raw[i + 1]!);
  }
  return kept;
}

const backHops = new Set<string>(hopByHop.filter((name) => name !== 'expect'));

/** The headers of an answer that go back; `rewrite` gets those that name a place. */
export function backward(
  raw: RawHeaders,
  connection: string | undefined,
  rewrite: (location: string) => string,
): string[] {
  const named = namedBy(connection);
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const lower = name.toLowerCase();
    if (backHops.has(lower) || named?.has(lower)) continue;
    const value = raw[i + 1]!;
    kept.push(name, lower === 'location' || lower === 'content-location' ? rewrite(value) : value);
  }
  return kept;
}

/** Adds those headers whose names are not there yet: what an answer says itself counts. */
export function addMissing(headers: string[], more: RawHeaders): void {
  const own = headers.length;
  for (let i = 0; i < more.length; i += 2) {
    if (!hasName(headers, own, more[i]!)) headers.push(more[i]!, more[i + 1]!);
  }
}

function hasName(headers: RawHeaders, end: number, name: string): boolean {
  const lower = name.toLowerCase();
  for (let i = 0; i < end; i += 2) {
    if (headers[i]!.length === name.length && headers[i]!.toLowerCase() === lower) return true;
  }
  return false;
}

/** The headers that `Connection` makes hop-by-hop. */
function namedBy(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  const named = new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
  // RFC 8586: who could have it taken away could send requests in a circle.
  named.delete('cdn-loop');
  return named;
}

/** Of these methods a second request changes nothing (RFC 9110, 9.2.1). */
export const isSafe = (method: string | undefined): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

/** Whether a request says that a body follows. */
export const hasBody = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/** How long the body of a request is, as the next connection is told; the client's own word is not passed on. */
export function framing({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): string[] {
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked'];
  const length = headers['content-length'];
  if (length !== undefined) return ['Content-Length', length];
  return isSafe(method) || method === 'DELETE' ? [] : ['Content-Length', '0'];
}
