import { roles, sessionClaim, tokenAudience, tokenIssuer, type Role } from '#contracts';
import { decodeJwt, errors, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import type { IncomingMessage } from 'node:http';
import { validate as isUuid } from 'uuid';
import { refusal } from '../errors/problems.js';
import type { UsersPort } from '../ports.js';
import type { BootstrapAdmin } from './bootstrap-login.js';
import type { Principal } from './principal.js';
import { ProviderKeys } from './provider-keys.js';
import { judge, type SessionClaims } from './session-rule.js';
import { Sessions } from './sessions.js';
import { verifiedClaims, type Trust } from './signature.js';
import { UserKeys } from './user-keys.js';

/** An outside identity provider. Its tokens name our user in `sub`, and their role by `role` or in `roles`. */
export interface IdentityProvider {
  jwksUrl: string;
  issuer: string;
  audience: string;
}

/** Tells whether a token is good, and whose it is. */
export class TokenVerifier {
  private readonly verified = new LRUCache<string, Verified>({ max: mostKept });
  /** Tokens that came since the start: known since they were verified, verified now, and refused. */
  readonly figures = { known: 0, verified: 0, refused: 0 };

  private constructor(
    private readonly trust: Trust,
    /** What withdraws tokens; an outside provider does that itself. */
    readonly sessions?: Sessions,
    private readonly bootstrap?: BootstrapAdmin,
  ) {}

  /** Trusts the tokens of the users module; those of the bootstrap admin also while nothing is known of them. */
  static ofUsers(port: UsersPort, bootstrap?: BootstrapAdmin): TokenVerifier {
    const keys = new UserKeys(port);
    const trust: Trust = {
      findKey: keys.find,
      keys: () => keys.all,
      algorithms: ['ES256'],
      issuer: tokenIssuer,
      audience: tokenAudience,
    };
    return new TokenVerifier(trust, new Sessions(port), bootstrap);
  }

  /** Trusts the tokens of an outside provider, and only these. */
  static of({ jwksUrl, issuer, audience }: IdentityProvider): TokenVerifier {
    const keys = new ProviderKeys(jwksUrl);
    const trust: Trust = {
      findKey: keys.find,
      keys: () => keys.all,
      algorithms: ['ES256', 'RS256'],
      ...{ issuer, audience },
    };
    return new TokenVerifier(trust);
  }

  /**
   * @throws `unauthenticated` for a bad token or one that was withdrawn, `unavailable` when the keys cannot be had, or what a
   * role is worth cannot be asked.
   */
  async verify(token: string): Promise<Principal> {
    try {
      const claims = await this.claimsOf(token);
      return principalOf(claims, this.sessions ? await this.now(claims, this.sessions) : claims);
    } catch (error) {
      this.figures.refused++;
      throw error;
    }
  }

  /** Whose a good token is, where nobody has to be asked and nothing be computed for that: it was seen a moment ago. */
  remembered(token: string): Principal | undefined {
    const claims = this.seen(token);
    const principal = claims && this.rememberedOf(claims);
    if (principal) this.figures.known++;
    return principal;
  }

  private rememberedOf(claims: Claims): Principal | undefined {
    if (!this.sessions) return principalOf(claims, claims);
    const knowledge = this.sessions.remembered(claims);
    const judgement = knowledge && judge(claims, knowledge);
    if (judgement === undefined || judgement === 'ended' || judgement === 'unknown') return undefined;
    return principalOf(claims, { role: judgement });
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

  /** The same of the bearer token that a request has, if there is one. */
  async bearerOf({ headers }: Pick<IncomingMessage, 'headers'>): Promise<string | undefined> {
    const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1];
    return token === undefined ? undefined : this.holderOf(token);
  }

  private async claimsOf(token: string): Promise<Claims> {
    const seen = this.seen(token);
    if (seen) {
      this.figures.known++;
      return seen;
    }
    try {
      const keys = this.trust.keys();
      const payload = await verifiedClaims(token, this.trust);
      const claims = readClaims(payload);
      // They may have changed meanwhile.
      if (keys && keys === this.trust.keys() && token.length <= longestKept)
        this.verified.set(token, { claims, keys, until: payload.exp! });
      this.figures.verified++;
      return claims;
    } catch (error) {
      throw explain(error);
    }
  }

  /** What a token says that was verified with the keys of now, and has not run out. */
  private seen(token: string): Claims | undefined {
    const known = this.verified.get(token);
    const keys = this.trust.keys();
    // In whole seconds, as jose compares.
    const counts =
      known &&
      keys !== undefined &&
      known.keys === keys &&
      known.until > Math.floor(new Date().getTime() / 1_000);
    return counts ? known.claims : undefined;
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

/** Tokens whose signature was verified, and their length in characters, that are remembered at most. */
const mostKept = 5_000;
const longestKept = 2_048;

interface Verified {
  readonly claims: Claims;
  readonly keys: object;
  /** Seconds since 1970. */
  readonly until: number;
}

const principalOf = (
  { id, email, version }: Claims,
  { role, unasked }: { role: Role; unasked?: true | undefined },
): Principal => ({
  id,
  role,
  session: version,
  ...(email !== undefined && { email }),
  ...(unasked && role !== 'user' && { unasked }),
});

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

function explain(error: unknown): unknown {
  if (!(error instanceof errors.JOSEError)) return error;
  const expired = error instanceof errors.JWTExpired;
  return refusal('unauthenticated', expired ? 'the token has expired' : 'the token is not valid');
}
