import { ById, Page, users } from '#contracts';
import { InjectPort } from '#strangler';
import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Public, Roles } from './auth/access.js';
import { Caller, requireSelfOrAdmin, type Principal } from './auth/principal.js';
import { Answers } from './openapi/answers.js';
import type { UsersPort } from './ports.js';
import { RegisterBody, UpdateUserBody, UserListView, UserView, userView } from './users.dto.js';

const { getUser, listUsers, register, updateUser } = users.operations;

/** Accounts, v1. */
@Controller('users')
export class UsersController {
  constructor(@InjectPort(users) private readonly users: UsersPort) {}

  @Post()
  @Public()
  @Answers({ summary: 'Register', status: 201, body: UserView, calls: [register] })
  async register(@Body() body: RegisterBody): Promise<UserView> {
    return userView(await this.users.register({ ...body, id: uuidv7() }));
  }

  @Get()
  @Roles('admin')
  @Answers({ summary: 'List all users', body: UserListView, calls: [listUsers] })
  async list(@Query() page: Page): Promise<UserListView> {
    const { items, next = null } = await this.users.listUsers(page);
    return { items: items.map(userView), next };
  }

  @Get(':id')
  @Answers({ summary: 'Get a user', body: UserView, calls: [getUser], errors: ['forbidden'] })
  async get(@Caller() caller: Principal, @Param() { id }: ById): Promise<UserView> {
    requireSelfOrAdmin(caller, id);
    return userView(await this.users.getUser({ id }));
  }

  @Patch(':id')
  @Answers({ summary: 'Change name or e-mail', body: UserView, calls: [updateUser], errors: ['forbidden'] })
  async update(
    @Caller() caller: Principal,
    @Param() { id }: ById,
    @Body() body: UpdateUserBody,
  ): Promise<UserView> {
    requireSelfOrAdmin(caller, id);
    return userView(await this.users.updateUser({ ...body, id }));
  }
}
