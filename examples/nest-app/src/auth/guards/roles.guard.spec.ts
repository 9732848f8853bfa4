import { ExecutionContext, ForbiddenException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { UserRole } from '../../users/user-role.enum';
import { Roles } from '../decorators/roles.decorator';
import { RolesGuard } from './roles.guard';

class Controller {
  open() {}

  @Roles(UserRole.Admin)
  closed() {}
}

function context(handler: () => void, role: UserRole): ExecutionContext {
  return {
    getHandler: () => handler,
    getClass: () => Controller,
    switchToHttp: () => ({ getRequest: () => ({ user: { id: 1, role, sessionId: 'session' } }) }),
  } as unknown as ExecutionContext;
}

describe('RolesGuard', () => {
  const guard = new RolesGuard(new Reflector());
  const { open, closed } = Controller.prototype;

  it('lets everyone in where no role is asked for', () => {
    expect(guard.canActivate(context(open, UserRole.Reception))).toBe(true);
  });

  it('asks for the role', () => {
    expect(guard.canActivate(context(closed, UserRole.Admin))).toBe(true);
    expect(() => guard.canActivate(context(closed, UserRole.Reception))).toThrow(ForbiddenException);
  });
});
