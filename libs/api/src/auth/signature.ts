import { decodeProtectedHeader, errors, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose';
import { KeyObject, verify } from 'node:crypto';

/** Finds the key of a token by its header. @throws what says that there is none, or that keys cannot be had. */
export type FindKey = (header: { alg: string; kid?: string }) => Promise<CryptoKey>;

/** Whose tokens are good, and what they have to say. */
export interface Trust {
  findKey: FindKey;
  /** All keys, as one value; another one when they change. Undefined: they have to be asked for. */
  keys: () => object | undefined;
  /** Asymmetric ones only: with a symmetric one, the public key would be the secret. */
  algorithms: readonly Algorithm[];
  issuer: string;
  audience: string;
}

/** How a signature of each algorithm is written (RFC 7518: ECDSA as the two numbers, not as DER). */
const encodings = { ES256: { dsaEncoding: 'ieee-p1363' }, RS256: {} } as const;
export type Algorithm = keyof typeof encodings;

const keyObjects = new WeakMap<CryptoKey, KeyObject>();

/**
 * The claims of a token whose signature and claims hold. The signature is checked on this thread (0.1 ms): WebCrypto, which
 * jose uses, would queue it behind the password hashes in libuv's pool. @throws jose's errors.
 */
export async function verifiedClaims(
  token: string,
  { findKey, algorithms, issuer, audience }: Trust,
): Promise<JWTPayload> {
  const [head, payload, signature, ...more] = token.split('.');
  if (!head || !payload || !signature || more.length > 0) throw new errors.JWTInvalid('no signed token');
  const { alg, kid, crit } = decodedHeader(token);
  const algorithm = algorithms.find((allowed) => allowed === alg);
  if (!algorithm || crit !== undefined) throw new errors.JOSEAlgNotAllowed('another algorithm');
  const key = keyObjectOf(await findKey({ alg: algorithm, ...(kid !== undefined && { kid }) }));
  const signed = Buffer.from(`${head}.${payload}`);
  const good = verify(
    'sha256',
    signed,
    { key, ...encodings[algorithm] },
    Buffer.from(signature, 'base64url'),
  );
  if (!good) throw new errors.JWSSignatureVerificationFailed();
  // What the claims must say is jose's affair; it takes the payload as a token that needs no signature any more.
  const bare = `${unsecuredHead}.${payload}.`;
  const rules = { issuer, audience, requiredClaims: ['sub', 'exp'] };
  return UnsecuredJWT.decode(bare, rules).payload;
}

const unsecuredHead = Buffer.from('{"alg":"none"}').toString('base64url');

function decodedHeader(token: string): ReturnType<typeof decodeProtectedHeader> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new errors.JWTInvalid('no header');
  }
}

function keyObjectOf(key: CryptoKey): KeyObject {
  let object = keyObjects.get(key);
  if (!object) keyObjects.set(key, (object = KeyObject.from(key)));
  return object;
}
