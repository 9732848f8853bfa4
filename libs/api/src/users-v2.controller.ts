import { ById, users } from '#contracts';
import { InjectPort } from 'nestjs-strangler';
import { Body, Controller, Get, Ip, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, requireSelfOrAdmin, type Principal } from './auth/principal.js';
import { requirePasswordForEmail } from './auth/require-password.js';
import { Attempts } from './limits/attempts.js';
import { guesserOf } from './limits/keys.js';
import { Answers } from './openapi/answers.js';
import type { UsersPort } from './ports.js';
import { UpdateUserBody, userViewV2, UserViewV2 } from './users.dto.js';

const { getUser, updateUser } = users.operations;

/** Accounts, v2: the name in two parts, and the profile. What stands here stands in `accept-version.ts` too. */
@ApiTags('Users')
@Controller({ path: 'users', version: '2' })
export class UsersV2Controller {
  constructor(
    @InjectPort(users) private readonly users: UsersPort,
    private readonly attempts: Attempts,
  ) {}

  @Get(':id')
  @Answers({ summary: 'Get a user', body: UserViewV2, calls: [getUser], errors: ['forbidden'] })
  async get(@Caller() caller: Principal, @Param() { id }: ById): Promise<UserViewV2> {
    requireSelfOrAdmin(caller, id);
    return userViewV2(await this.users.getUser({ id }));
  }

  @Patch(':id')
  @Answers({
    summary: 'Change the name, or with the password the e-mail',
    body: UserViewV2,
    calls: [updateUser],
    errors: ['forbidden', 'rate_limited'],
  })
  async update(
    @Caller() caller: Principal,
    @Param() { id }: ById,
    @Body() body: UpdateUserBody,
    @Ip() address: string,
  ): Promise<UserViewV2> {
    requireSelfOrAdmin(caller, id);
    await requirePasswordForEmail(caller, id, body, this.users);
    const update = () => this.users.updateUser({ ...body, id });
    return userViewV2(await this.attempts.make(guesserOf(address, id, body.password), update));
  }
}
