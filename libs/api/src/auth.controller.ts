import { AccessToken, Credentials, users } from '#contracts';
import { InjectPort } from '#strangler';
import { Body, Controller, Ip, Post } from '@nestjs/common';
import { Public } from './auth/access.js';
import { Attempts } from './limits/attempts.js';
import { Answers } from './openapi/answers.js';
import type { UsersPort } from './ports.js';

/** Logging in. */
@Controller('auth')
export class AuthController {
  constructor(
    @InjectPort(users) private readonly users: UsersPort,
    private readonly attempts: Attempts,
  ) {}

  @Post('token')
  @Public()
  @Answers({
    summary: 'Log in',
    status: 201,
    body: AccessToken,
    calls: [users.operations.authenticate],
    errors: ['rate_limited'],
  })
  token(@Body() credentials: Credentials, @Ip() address: string): Promise<AccessToken> {
    const who = { address, account: credentials.email };
    return this.attempts.make(who, () => this.users.authenticate(credentials));
  }
}
