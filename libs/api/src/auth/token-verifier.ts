import { roles, sessionClaim, tokenAudience, tokenIssuer, type Role } from '#contracts';
import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload } from 'jose';
import { validate as isUuid } from 'uuid';
import { refusal } from '../errors/problems.js';
import type { UsersPort } from '../ports.js';
import type { BootstrapAdmin } from './bootstrap-login.js';
import type { Principal } from './principal.js';
import { judge, type SessionClaims } from './session-rule.js';
import { Sessions } from './sessions.js';
import { verifiedClaims, type FindKey, type Trust } from './signature.js';
import { UserKeys } from './user-keys.js';

/** An outside identity provider. Its tokens name our user in `sub`, and their role by `role` or in `roles`. */
export interface IdentityProvider {
  jwksUrl: string;
  issuer: string;
  audience: string;
}

/** Tells whether a token is good, and whose it is. */
export class TokenVerifier {
  private constructor(
    private readonly trust: Trust,
    /** What withdraws tokens; an outside provider does that itself. */
    readonly sessions?: Sessions,
    private readonly bootstrap?: BootstrapAdmin,
  ) {}

  /** Trusts the tokens of the users module; those of the bootstrap admin also while nothing is known of them. */
  static ofUsers(port: UsersPort, bootstrap?: BootstrapAdmin): TokenVerifier {
    const findKey = new UserKeys(port).find;
    const trust: Trust = { findKey, algorithms: ['ES256'], issuer: tokenIssuer, audience: tokenAudience };
    return new TokenVerifier(trust, new Sessions(port), bootstrap);
  }

  /** Trusts the tokens of an outside provider, and only these. */
  static of({ jwksUrl, issuer, audience }: IdentityProvider): TokenVerifier {
    const remote = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 2_000, cooldownDuration: 5_000 });
    const findKey: FindKey = (header) => remote(header).catch(explainKeys);
    return new TokenVerifier({ findKey, algorithms: ['ES256', 'RS256'], issuer, audience });
  }

  /**
   * @throws `unauthenticated` for a bad token or one that was withdrawn, `unavailable` when the keys cannot be had, or what a
   * role is worth cannot be asked.
   */
  async verify(token: string): Promise<Principal> {
    const claims = await this.claimsOf(token);
    const { id, email } = claims;
    const { role, unasked } = this.sessions ? await this.now(claims, this.sessions) : claims;
    return {
      id,
      role,
      session: claims.version,
      ...(email !== undefined && { email }),
      ...(unasked && role !== 'user' && { unasked }),
    };
  }

  /**
   * Whose a token is, by its signature and its claims alone: enough to send a person the same way each time, and for nothing else.
   * `undefined`: it is none of ours, or not good.
   */
  async holderOf(token: string): Promise<string | undefined> {
    if (issuerOf(token) !== this.trust.issuer) return undefined;
    return this.claimsOf(token).then(
      ({ id }) => id,
      () => undefined,
    );
  }

  private async claimsOf(token: string): Promise<Claims> {
    try {
      return readClaims(await verifiedClaims(token, this.trust));
    } catch (error) {
      throw explain(error);
    }
  }

  private async now(claims: Claims, sessions: Sessions): Promise<{ role: Role; unasked?: true }> {
    const knowledge = await sessions.of(claims);
    const judgement = judge(claims, knowledge);
    if (judgement === 'ended') throw refusal('unauthenticated', 'the session has ended: log in again');
    if (judgement !== 'unknown') return { role: judgement, ...(!knowledge.asked && { unasked: true }) };
    if ((await this.bootstrap?.())?.id === claims.id) return { role: claims.role, unasked: true };
    throw refusal('unavailable', 'whether this token still counts cannot be asked just now');
  }
}

/** What it says of itself. Those of others are not looked for among our keys. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

interface Claims extends SessionClaims {
  readonly email: string | undefined;
  readonly unasked?: undefined;
}

function readClaims({ sub, role, roles: several, email, [sessionClaim]: version }: JWTPayload): Claims {
  const id = sub?.toLowerCase();
  if (!isUuid(id)) throw refusal('unauthenticated', 'the subject of the token is not a user id');
  const said: unknown[] = Array.isArray(several) ? [role, ...(several as unknown[])] : [role];
  return {
    id: id as string,
    role: roles.findLast((known) => said.includes(known)) ?? 'user',
    email: typeof email === 'string' && email !== '' ? email : undefined,
    version: typeof version === 'number' ? version : 0,
  };
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
