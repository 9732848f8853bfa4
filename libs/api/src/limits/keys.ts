import ipaddr from 'ipaddr.js';
import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { Counted } from './wait.js';

/** Who tries: from which address, and for which account if it is about one. */
export interface Who {
  address: string | undefined;
  /** An e-mail or an id. */
  account?: string | undefined;
}

/** Who tries a password on an account that a token names. Without one nothing is guessed, so its success forgives nothing. */
export const guesserOf = (address: string, id: string, password: string | null | undefined): Who =>
  password == null ? { address } : { address, account: id };

/** Under which key each is counted. Hashed: the table tells nobody who has failed to log in. */
export function keysOf({ address, account }: Who): [Counted, string][] {
  const from = addressKey(address);
  const counted: [Counted, string][] = [['address', hashed(from)]];
  if (account === undefined) return counted;
  const name = account.trim().toLowerCase();
  return [['pair', hashed(`${name} ${from}`)], ...counted, ['account', hashed(name)]];
}

const known = new Map<string, string>();
const mostKnown = 10_000;

/** An IPv6 customer has a whole /64 of addresses, and is one all the same. */
export function addressKey(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  let key = known.get(address);
  if (key === undefined) {
    key = readAddress(address);
    if (known.size >= mostKnown) known.clear();
    known.set(address, key);
  }
  return key;
}

/** An address that a proxy wrote with a port: `1.2.3.4:1111`, `[2001:db8::1]:443`; Azure's Application Gateway does, and IIS with ARR. */
const withPort = /^(?:([\d.]+)|\[([\da-f:.]+)\])(?::\d{1,5})?$/i;

function readAddress(said: string): string {
  const [, v4, v6] = withPort.exec(said) ?? [];
  const address = v4 ?? v6 ?? said;
  if (isIPv4(address)) return address;
  // As a listener for both sees them: looked at first, because nearly all are.
  if (address.startsWith('::ffff:') && isIPv4(address.slice(7))) return address.slice(7);
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv6' && 'parts' in parsed
    ? parsed.parts.slice(0, 4).join(':')
    : parsed.toString();
}

/** Whether a key of {@link addressKey} is this machine's own. */
export const isLoopback = (key: string): boolean => key.startsWith('127.') || key === '0:0:0:0';

const hashed = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);
