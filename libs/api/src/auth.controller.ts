import { AccessToken, Credentials, users } from '#contracts';
import { InjectPort } from '#strangler';
import { Body, Controller, Post } from '@nestjs/common';
import { Public } from './auth/access.js';
import { Answers } from './openapi/answers.js';
import type { UsersPort } from './ports.js';

/** Logging in. */
@Controller('auth')
export class AuthController {
  constructor(@InjectPort(users) private readonly users: UsersPort) {}

  @Post('token')
  @Public()
  @Answers({ summary: 'Log in', status: 201, body: AccessToken, calls: [users.operations.authenticate] })
  token(@Body() credentials: Credentials): Promise<AccessToken> {
    return this.users.authenticate(credentials);
  }
}
