import type { UserRole } from '../users/user-role.enum';

export interface AuthUser {
  id: number;
  role: UserRole;
  sessionId: string;
}

export interface AccessTokenPayload {
  sub: number;
  role: UserRole;
  sid: string;
}
