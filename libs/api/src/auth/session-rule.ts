import { roles, type Role, type Session } from '#contracts';

/** What a token says of the session that it belongs to. */
export interface SessionClaims {
  readonly id: string;
  readonly role: Role;
  readonly version: number;
}

/** What is known of a session: as the users module has just said, or as it said last, or nothing yet. `gone`: no such user. */
export type Knowledge = { asked: boolean; session: Session | 'gone' | undefined };

/** The role that a token gives now, or why it gives none. */
export type Judgement = Role | 'ended' | 'unknown';

/**
 * Whether a token counts. While the users cannot be asked, the last that was known of them does; a customer of whom nothing
 * is known yet is believed, for a signed token is the last that the users have said of them, and orders must go on. A higher
 * role is not believed so: it may have been taken away.
 */
export function judge(claims: SessionClaims, { asked, session }: Knowledge): Judgement {
  if (session === 'gone') return 'ended';
  const newer = session !== undefined && claims.version > session.version;
  if (session === undefined || (newer && !asked)) return claims.role === 'user' ? 'user' : 'unknown';
  if (session.version !== claims.version) return 'ended';
  return weaker(claims.role, session.role);
}

/** A token gives no more than it says, and no more than its account has. */
const weaker = (a: Role, b: Role): Role => (roles.indexOf(a) < roles.indexOf(b) ? a : b);
