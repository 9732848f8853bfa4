import { Jwks, users } from '#contracts';
import { InjectPort } from 'nestjs-strangler';
import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { Public } from './auth/access.js';
import { Answers } from './openapi/answers.js';
import type { UsersPort } from './ports.js';

/** The public keys of our tokens, for those who verify them elsewhere (RFC 7517). */
@Controller({ path: '.well-known/jwks.json', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(@InjectPort(users) private readonly users: UsersPort) {}

  @Get()
  @Public()
  @Header('Cache-Control', 'public, max-age=300')
  @Answers({ summary: 'The keys that tokens are signed with', body: Jwks, calls: [users.operations.jwks] })
  jwks(): Promise<Jwks> {
    return this.users.jwks({});
  }
}
