import { AccessToken, Credentials, Jwks, RotateKeys, users } from '#contracts';
import { InjectPort } from 'nestjs-strangler';
import { Body, Controller, Ip, Logger, Post } from '@nestjs/common';
import { Public, Roles } from './auth/access.js';
import { Caller, type Principal } from './auth/principal.js';
import { Attempts } from './limits/attempts.js';
import { Answers } from './openapi/answers.js';
import type { UsersPort } from './ports.js';

/** Logging in. */
@Controller('auth')
export class AuthController {
  private readonly logger = new Logger(AuthController.name);

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

  @Post('keys')
  @Roles('admin')
  @Answers({
    summary: 'Sign tokens with a new key; end all tokens of the old ones at once, or let them run out',
    status: 201,
    body: Jwks,
    calls: [users.operations.rotateKeys],
  })
  async rotate(@Caller() caller: Principal, @Body() body: RotateKeys): Promise<Jwks> {
    const jwks = await this.users.rotateKeys(body);
    const by = caller.email ?? caller.id;
    this.logger.log({ msg: 'new signing key', endTokens: body.endTokens ?? false, by });
    return jwks;
  }
}
