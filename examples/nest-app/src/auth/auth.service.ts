import { Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { IssuedSession, SessionsService } from '../sessions/sessions.service';
import { User } from '../users/entities/user.entity';
import { UsersService } from '../users/users.service';
import type { AccessTokenPayload, AuthUser } from './auth-user';
import { LoginDto } from './dto/login.dto';

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: Date;
  user: User;
}

@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly jwt: JwtService,
  ) {}

  async login(dto: LoginDto, userAgent: string | null, ip: string | null): Promise<Tokens> {
    const user = await this.users.findByCredentials(dto.email, dto.password);
    if (!user) throw new UnauthorizedException('Wrong e-mail address or password');
    await this.users.touchLogin(user.id);
    const issued = await this.sessions.open(user.id, userAgent, ip, dto.remember);
    return this.tokensFor(user, issued);
  }

  async refresh(refreshToken: string): Promise<Tokens> {
    const issued = await this.sessions.rotate(refreshToken);
    const user = await this.users.findOne(issued.session.userId);
    return this.tokensFor(user, issued);
  }

  async logout(current: AuthUser): Promise<void> {
    await this.sessions.revoke(current.sessionId, current.id);
  }

  private async tokensFor(user: User, { session, token }: IssuedSession): Promise<Tokens> {
    const payload: AccessTokenPayload = { sub: user.id, role: user.role, sid: session.id };
    return {
      accessToken: await this.jwt.signAsync(payload),
      refreshToken: token,
      expiresAt: session.expiresAt,
      user,
    };
  }
}
