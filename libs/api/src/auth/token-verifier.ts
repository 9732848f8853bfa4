import { tokenAudience, tokenIssuer } from '#contracts';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { validate as isUuid } from 'uuid';
import { refusal } from '../errors/problems.js';
import type { UsersPort } from '../ports.js';
import type { Principal } from './principal.js';
import { UserKeys } from './user-keys.js';

/** An outside identity provider. Its tokens name our user in `sub`, and admins by `role` or in `roles`. */
export interface IdentityProvider {
  jwksUrl: string;
  issuer: string;
  audience: string;
}

interface Trust {
  keys: JWTVerifyGetKey;
  /** Asymmetric ones only: with a symmetric one, the public key would be the secret. */
  algorithms: string[];
  issuer: string;
  audience: string;
}

/** Tells whether a token is good, and whose it is. */
export class TokenVerifier {
  private constructor(private readonly trust: Trust) {}

  /** Trusts the tokens of the users module. */
  static ofUsers(port: UsersPort): TokenVerifier {
    const keys = new UserKeys(port).find;
    return new TokenVerifier({ keys, algorithms: ['ES256'], issuer: tokenIssuer, audience: tokenAudience });
  }

  /** Trusts the tokens of an outside provider, and only these. */
  static of({ jwksUrl, issuer, audience }: IdentityProvider): TokenVerifier {
    const remote = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 2_000, cooldownDuration: 5_000 });
    const keys: JWTVerifyGetKey = (header, token) => remote(header, token).catch(explainKeys);
    return new TokenVerifier({ keys, algorithms: ['ES256', 'RS256'], issuer, audience });
  }

  /** @throws `unauthenticated` for a bad token, `unavailable` when the keys cannot be had. */
  async verify(token: string): Promise<Principal> {
    const { keys, ...rules } = this.trust;
    try {
      const { payload } = await jwtVerify(token, keys, { ...rules, requiredClaims: ['sub', 'exp'] });
      return principalOf(payload);
    } catch (error) {
      throw explain(error);
    }
  }
}

function principalOf({ sub, role, roles: several, email }: JWTPayload): Principal {
  const id = sub?.toLowerCase();
  if (!isUuid(id)) throw refusal('unauthenticated', 'the subject of the token is not a user id');
  const isAdmin = role === 'admin' || (Array.isArray(several) && several.includes('admin'));
  const principal: Principal = { id: id as string, role: isAdmin ? 'admin' : 'user' };
  return typeof email === 'string' && email !== '' ? { ...principal, email } : principal;
}

/** A token may be at fault for a key that is not there; for anything else it is the provider. */
function explainKeys(error: unknown): never {
  const missing =
    error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
  throw missing ? error : refusal('unavailable', 'the identity provider gives no keys');
}

function explain(error: unknown): unknown {
  if (!(error instanceof errors.JOSEError)) return error;
  const expired = error instanceof errors.JWTExpired;
  return refusal('unauthenticated', expired ? 'the token has expired' : 'the token is not valid');
}
