import { UnauthorizedException } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getRepositoryToken } from '@nestjs/typeorm';
import { addDays } from '../common/utils/dates';
import { Session } from './entities/session.entity';
import { SessionsService } from './sessions.service';

describe('SessionsService', () => {
  const repository = {
    create: jest.fn((session: Partial<Session>) => session),
    save: jest.fn(async (session: Partial<Session>) => session),
    findOneBy: jest.fn(),
    update: jest.fn(),
    delete: jest.fn(),
  };
  let service: SessionsService;

  beforeEach(async () => {
    jest.clearAllMocks();
    const moduleRef = await Test.createTestingModule({
      providers: [SessionsService, { provide: getRepositoryToken(Session), useValue: repository }],
    }).compile();
    service = moduleRef.get(SessionsService);
  });

  it('stores the hash of the token, not the token', async () => {
    const now = new Date('2026-03-02T08:00:00Z');
    const { session, token } = await service.open(7, 'x'.repeat(400), '::1', true, now);
    expect(session).toMatchObject({ userId: 7, remembered: true, expiresAt: addDays(now, 30) });
    expect(session.userAgent).toHaveLength(300);
    expect(session.tokenHash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(session)).not.toContain(token);
  });

  it.each([
    ['unknown', null],
    ['expired', { revokedAt: null, expiresAt: addDays(new Date(), -1) }],
    ['revoked', { revokedAt: new Date(), expiresAt: addDays(new Date(), 1) }],
  ])('does not rotate a session that is %s', async (_, session) => {
    repository.findOneBy.mockResolvedValue(session);
    await expect(service.rotate('token')).rejects.toThrow(UnauthorizedException);
    expect(repository.save).not.toHaveBeenCalled();
  });

  it('revokes the sessions of a deactivated user', async () => {
    repository.update.mockResolvedValue({ affected: 2 });
    await service.onUserDeactivated({ userId: 7 });
    expect(repository.update).toHaveBeenCalledWith(expect.objectContaining({ userId: 7 }), {
      revokedAt: expect.any(Date),
    });
  });

  it('sweeps expired and revoked sessions', async () => {
    repository.delete.mockResolvedValueOnce({ affected: 3 }).mockResolvedValueOnce({ affected: 1 });
    await expect(service.sweep()).resolves.toBe(4);
  });
});
