import { Injectable, Logger, NotFoundException, UnauthorizedException } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Cron, CronExpression } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { createHash, randomBytes } from 'crypto';
import { IsNull, LessThan, MoreThan, Not, Repository } from 'typeorm';
import { addDays } from '../common/utils/dates';
import { USER_DEACTIVATED, UserDeactivatedEvent } from '../users/users.events';
import { Session } from './entities/session.entity';

const SESSION_DAYS = 1;
const REMEMBERED_DAYS = 30;
const KEEP_ENDED_DAYS = 7;

export interface IssuedSession {
  session: Session;
  token: string;
}

@Injectable()
export class SessionsService {
  private readonly logger = new Logger(SessionsService.name);

  constructor(@InjectRepository(Session) private readonly sessions: Repository<Session>) {}

  async open(
    userId: number,
    userAgent: string | null,
    ipAddress: string | null,
    remember = false,
    now = new Date(),
  ): Promise<IssuedSession> {
    const token = this.newToken();
    const session = await this.sessions.save(
      this.sessions.create({
        userId,
        userAgent: userAgent?.slice(0, 300) ?? null,
        ipAddress,
        remembered: remember,
        tokenHash: this.hash(token),
        lastUsedAt: now,
        expiresAt: addDays(now, remember ? REMEMBERED_DAYS : SESSION_DAYS),
      }),
    );
    return { session, token };
  }

  async rotate(token: string): Promise<IssuedSession> {
    const session = await this.sessions.findOneBy({ tokenHash: this.hash(token) });
    const now = new Date();
    if (!session || session.revokedAt || session.expiresAt <= now) {
      throw new UnauthorizedException('The session has ended');
    }
    const next = this.newToken();
    session.tokenHash = this.hash(next);
    session.lastUsedAt = now;
    session.expiresAt = addDays(now, session.remembered ? REMEMBERED_DAYS : SESSION_DAYS);
    return { session: await this.sessions.save(session), token: next };
  }

  isActive(id: string): Promise<boolean> {
    return this.sessions.existsBy({ id, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) });
  }

  findActive(userId: number): Promise<Session[]> {
    return this.sessions.find({
      where: { userId, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) },
      order: { lastUsedAt: 'DESC' },
    });
  }

  async revoke(id: string, userId: number): Promise<void> {
    const session = await this.sessions.findOneBy({ id, userId, revokedAt: IsNull() });
    if (!session) throw new NotFoundException(`Session ${id} not found`);
    session.revokedAt = new Date();
    await this.sessions.save(session);
  }

  async revokeAll(userId: number, exceptId?: string): Promise<number> {
    const result = await this.sessions.update(
      { userId, revokedAt: IsNull(), ...(exceptId && { id: Not(exceptId) }) },
      { revokedAt: new Date() },
    );
    return result.affected ?? 0;
  }

  @OnEvent(USER_DEACTIVATED)
  async onUserDeactivated(event: UserDeactivatedEvent): Promise<void> {
    await this.revokeAll(event.userId);
  }

  @Cron(CronExpression.EVERY_HOUR)
  async sweep(): Promise<number> {
    const before = addDays(new Date(), -KEEP_ENDED_DAYS);
    const expired = await this.sessions.delete({ expiresAt: LessThan(before) });
    const revoked = await this.sessions.delete({ revokedAt: LessThan(before) });
    const count = (expired.affected ?? 0) + (revoked.affected ?? 0);
    if (count > 0) this.logger.log(`Removed ${count} ended sessions`);
    return count;
  }

  private newToken(): string {
    return randomBytes(32).toString('base64url');
  }

  private hash(token: string): string {
    return createHash('sha256').update(token).digest('hex');
  }
}
