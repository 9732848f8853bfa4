import { Controller, Delete, Get, HttpCode, HttpStatus, Param, ParseUUIDPipe } from '@nestjs/common';
import type { AuthUser } from '../auth/auth-user';
import { CurrentUser } from '../auth/decorators/current-user.decorator';
import { SessionsService } from './sessions.service';

@Controller('sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  findMine(@CurrentUser() user: AuthUser) {
    return this.sessions.findActive(user.id);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  revoke(@Param('id', ParseUUIDPipe) id: string, @CurrentUser() user: AuthUser) {
    return this.sessions.revoke(id, user.id);
  }

  @Delete()
  async revokeOthers(@CurrentUser() user: AuthUser) {
    return { revoked: await this.sessions.revokeAll(user.id, user.sessionId) };
  }
}
