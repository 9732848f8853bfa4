import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import type { VerifiedActor, Caller } from '../../contract/caller.js';

/** What a token says: who asks whom, until when. A JWT (RFC 7519) with an Ed25519 signature (RFC 8037). */
export interface CallerClaims extends Caller {
  /** For whom alone it counts: a shop and one of its modules. */
  readonly audience: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** A key by which a process signs. */
export interface SigningKey {
  readonly kid: string;
  readonly key: KeyObject;
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/** Signs. The header holds the algorithm and the key's name, and nothing that a verifier would have to obey. */
export function signCaller({ kid, key }: SigningKey, claims: CallerClaims): string {
  const { program, as, actor, audience, expiresAt } = claims;
  const payload = {
    ...{ azp: program, as, aud: audience, exp: expiresAt },
    ...(actor && { sub: actor.id, role: actor.role, ver: actor.version }),
  };
  const signed = `${base64url(JSON.stringify({ alg: 'EdDSA', kid }))}.${base64url(JSON.stringify(payload))}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

/** The name of the key that a token names; `undefined`: it is no token of ours. Nothing is verified yet. */
export function kidOf(token: string): string | undefined {
  const header = jsonIn(token.slice(0, token.indexOf('.')));
  return header?.['alg'] === 'EdDSA' && typeof header['kid'] === 'string' ? header['kid'] : undefined;
}

/** What a token says; `undefined` when the key has not signed it, or it does not say all that it must. */
export function verifyCaller(token: string, key: KeyObject): CallerClaims | undefined {
  const end = token.lastIndexOf('.');
  const start = token.indexOf('.') + 1;
  if (start <= 0 || end <= start) return undefined;
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  if (!verify(null, Buffer.from(token.slice(0, end)), key, signature)) return undefined;
  return claimsIn(jsonIn(token.slice(start, end)));
}

function claimsIn(payload: Record<string, unknown> | undefined): CallerClaims | undefined {
  const { azp: program, as, aud: audience, exp: expiresAt, sub, role, ver } = payload ?? {};
  if (typeof program !== 'string' || typeof audience !== 'string' || typeof expiresAt !== 'number')
    return undefined;
  if (as !== 'client' && as !== 'module' && as !== 'itself') return undefined;
  const said = { program, as, audience, expiresAt } as const;
  if (sub === undefined) return said;
  return typeof sub === 'string' && typeof role === 'string' && typeof ver === 'number'
    ? { ...said, actor: { id: sub, role, version: ver } satisfies VerifiedActor }
    : undefined;
}

function jsonIn(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A new private key, as text (PKCS #8, base64). */
export const newPrivateKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');

export const privateKeyOf = (text: string): KeyObject =>
  createPrivateKey({ key: Buffer.from(text, 'base64'), type: 'pkcs8', format: 'der' });

/** The public key, as text (the `x` of RFC 8037). */
export const publicTextOf = (key: KeyObject): string => createPublicKey(key).export({ format: 'jwk' }).x!;

/** @throws when the text is no public key. */
export const publicKeyOf = (x: string): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
