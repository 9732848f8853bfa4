import {
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
  UnsecuredJWT,
  type JWK,
  type JWTPayload,
} from 'jose';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { claimsOf } from './edge.js';

type Header = Record<string, unknown>;

const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * `Authorization` headers that are good for nothing, by what is wrong with them, in the name of an admin who is there: `sub`. `jwk` is the private key
 * (ES256) that signs the good ones.
 */
export async function forgeries(jwk: JWK, sub: string): Promise<[what: string, authorization: string][]> {
  const own = createPrivateKey({ key: jwk as never, format: 'jwk' });
  const { d: _secret, ...open } = jwk;
  const claims = claimsOf(sub, 'admin');
  const signed = (
    payload: JWTPayload,
    more: Header = {},
    dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363',
  ) => {
    const bytes = `${text({ alg: 'ES256', kid: jwk.kid, ...more })}.${text(payload)}`;
    return `${bytes}.${sign('sha256', Buffer.from(bytes), { key: own, dsaEncoding }).toString('base64url')}`;
  };
  const others = await generateKeyPair('ES256', { extractable: true });
  const byOther = (header: Header) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', ...header }).sign(others.privateKey);
  const hmac = (secret: Uint8Array) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', ...(jwk.kid !== undefined && { kid: jwk.kid }) })
      .sign(secret);
  const good = signed(claims);
  const [head, payload, signature] = good.split('.') as [string, string, string];
  const now = Math.floor(Date.now() / 1_000);
  const tokens: [string, string][] = [
    ['nonsense', 'a.b.c'],
    ['no signature, and none promised', new UnsecuredJWT(claims).encode()],
    ['none in other letters', `${text({ alg: 'nOnE' })}.${payload}.${signature}`],
    ['no algorithm', `${text({ kid: jwk.kid })}.${payload}.${signature}`],
    ['its signature left out', `${head}.${payload}.`],
    ['a signature of zeros', `${head}.${payload}.${Buffer.alloc(64).toString('base64url')}`],
    ['a signature in DER', signed(claims, {}, 'der')],
    ['a fourth part', `${good}.${signature}`],
    ['other claims under a good signature', `${head}.${text({ ...claims, exp: now + 9_999 })}.${signature}`],
    [
      'another header over a good signature',
      `${text({ alg: 'ES256', kid: jwk.kid, typ: 'x' })}.${payload}.${signature}`,
    ],
    ['a signature by another key of the same name', await byOther({ kid: jwk.kid })],
    ['a key that was never published', await byOther({ kid: 'made-up' })],
    ['a key whose name is a path', await byOther({ kid: '../../../dev/null' })],
    ['a key that it brings itself', await byOther({ jwk: await exportJWK(others.publicKey) })],
    ['a key to be fetched', await byOther({ kid: jwk.kid, jku: 'http://127.0.0.1:1/jwks' })],
    ['a condition that nobody knows', signed(claims, { crit: ['b64'], b64: true })],
    ['the public key as a shared secret', await hmac(Buffer.from(JSON.stringify(open)))],
    [
      'a hash of the public key as a shared secret',
      await hmac(createHash('sha256').update(JSON.stringify(open)).digest()),
    ],
    ['an empty shared secret', await hmac(Buffer.alloc(32))],
    ['an end that has passed', signed({ ...claims, exp: now - 1 })],
    ['an end that is no number', signed({ ...claims, exp: String(now + 600) as never })],
    ['no end', signed({ ...claims, exp: undefined })],
    ['a beginning that has not come', signed({ ...claims, nbf: now + 600 })],
    ['another issuer', signed({ ...claims, iss: 'someone' })],
    ['no issuer', signed({ ...claims, iss: undefined })],
    ['another audience', signed({ ...claims, aud: 'someone' })],
    ['no audience', signed({ ...claims, aud: undefined })],
    ['no subject', signed({ ...claims, sub: undefined })],
    ['a subject that is no user', signed({ ...claims, sub: 'ann' })],
    ['a payload that is no object', `${head}.${Buffer.from('"x"').toString('base64url')}.${signature}`],
  ];
  return [
    ['no scheme', good],
    ['another scheme', 'Basic YW5uOnNlY3JldA=='],
    ['no token', 'Bearer'],
    ['two tokens', `Bearer ${good}, Bearer ${good}`],
    ...tokens.map(([what, token]): [string, string] => [what, `Bearer ${token}`]),
  ];
}

/** A token that is good, made as the others are: where it is refused they prove nothing. */
export async function goodToken(jwk: JWK, sub: string, more: JWTPayload = {}): Promise<string> {
  const header = { alg: 'ES256', ...(jwk.kid && { kid: jwk.kid }) };
  const key = await importJWK(jwk, 'ES256');
  return `Bearer ${await new SignJWT({ ...claimsOf(sub, 'admin'), ...more }).setProtectedHeader(header).sign(key)}`;
}
