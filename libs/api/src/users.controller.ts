import { ById, Page, users } from '#contracts';
import { InjectPort } from 'nestjs-strangler';
import {
  Body,
  Controller,
  Delete,
  Get,
  Ip,
  Logger,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import type { Response } from 'express';
import { v7 as uuidv7 } from 'uuid';
import { Public, Roles } from './auth/access.js';
import { Caller, requireSelfOrAdmin, type Principal } from './auth/principal.js';
import { requirePassword, requirePasswordForEmail } from './auth/require-password.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { Deprecated } from './http/deprecated.js';
import { Attempts } from './limits/attempts.js';
import { guesserOf } from './limits/keys.js';
import { List } from './limits/shed-lists.js';
import { Answers } from './openapi/answers.js';
import type { UsersPort } from './ports.js';
import {
  ChangePasswordBody,
  EraseUserBody,
  RegisterBody,
  SetRoleBody,
  UpdateUserBody,
  UserListView,
  UserView,
  userView,
} from './users.dto.js';

/** v2 has the name in two parts, and the profile. */
const inV2 = Deprecated({
  since: '2027-01-01',
  sunset: '2028-01-01',
  link: '/docs',
  successor: '/api/v2/users/:id',
});

const { changePassword, eraseUser, getUser, listUsers, register, setRole, updateUser } = users.operations;

/** Accounts, v1. */
@Controller('users')
export class UsersController {
  private readonly logger = new Logger(UsersController.name);

  constructor(
    @InjectPort(users) private readonly users: UsersPort,
    private readonly tokens: TokenVerifier,
    private readonly attempts: Attempts,
  ) {}

  @Post()
  @Public()
  @Answers({ summary: 'Register', status: 201, body: UserView, calls: [register], errors: ['rate_limited'] })
  async register(
    @Body() body: RegisterBody,
    @Ip() address: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UserView> {
    const input = { ...body, id: uuidv7() };
    const user = await this.attempts.make({ address }, () => this.users.register(input));
    response.location(`/api/v1/users/${user.id}`);
    return userView(user);
  }

  @Get()
  @List()
  @Roles('admin')
  @Answers({ summary: 'List all users', body: UserListView, calls: [listUsers] })
  async list(@Query() page: Page): Promise<UserListView> {
    const { items, next = null } = await this.users.listUsers(page);
    return { items: items.map(userView), next };
  }

  @Get(':id')
  @inV2
  @Answers({ summary: 'Get a user', body: UserView, calls: [getUser], errors: ['forbidden'] })
  async get(@Caller() caller: Principal, @Param() { id }: ById): Promise<UserView> {
    requireSelfOrAdmin(caller, id);
    return userView(await this.users.getUser({ id }));
  }

  @Patch(':id')
  @inV2
  @Answers({
    summary: 'Change the name, or with the password the e-mail',
    body: UserView,
    calls: [updateUser],
    errors: ['forbidden', 'rate_limited'],
  })
  async update(
    @Caller() caller: Principal,
    @Param() { id }: ById,
    @Body() body: UpdateUserBody,
    @Ip() address: string,
  ): Promise<UserView> {
    requireSelfOrAdmin(caller, id);
    await requirePasswordForEmail(caller, id, body, this.users);
    const update = () => this.users.updateUser({ ...body, id });
    return userView(await this.attempts.make(guesserOf(address, id, body.password), update));
  }

  @Put(':id/password')
  @Answers({
    summary: 'Change the password; all tokens of the user end',
    body: UserView,
    calls: [changePassword],
    errors: ['forbidden', 'rate_limited'],
  })
  async changePassword(
    @Caller() caller: Principal,
    @Param() { id }: ById,
    @Body() body: ChangePasswordBody,
    @Ip() address: string,
  ): Promise<UserView> {
    requireSelfOrAdmin(caller, id);
    requirePassword(caller, id, 'currentPassword', body.currentPassword);
    const change = () => this.users.changePassword({ ...body, id });
    const user = await this.attempts.make(guesserOf(address, id, body.currentPassword), change);
    this.tokens.sessions?.forget(id);
    return userView(user);
  }

  @Delete(':id')
  @Answers({
    summary: 'Erase a person, with the password; orders stay, and tell of nobody',
    body: ById,
    calls: [eraseUser],
    errors: ['forbidden', 'rate_limited'],
  })
  async erase(
    @Caller() caller: Principal,
    @Param() { id }: ById,
    @Body() { password }: EraseUserBody,
    @Ip() address: string,
  ): Promise<ById> {
    requireSelfOrAdmin(caller, id);
    requirePassword(caller, id, 'password', password);
    const erase = () => this.users.eraseUser({ id, password });
    const gone = await this.attempts.make(guesserOf(address, id, password), erase);
    this.tokens.sessions?.forget(id);
    return gone;
  }

  @Put(':id/role')
  @Roles('admin')
  @Answers({ summary: 'Give a role; all tokens of the user end', body: UserView, calls: [setRole] })
  async setRole(
    @Caller() caller: Principal,
    @Param() { id }: ById,
    @Body() { role }: SetRoleBody,
  ): Promise<UserView> {
    const user = await this.users.setRole({ id, role });
    this.tokens.sessions?.forget(id);
    this.logger.log({ msg: 'role given', user: id, role, by: caller.email ?? caller.id });
    return userView(user);
  }
}
