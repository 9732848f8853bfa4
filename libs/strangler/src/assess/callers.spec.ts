import { assessTexts, moduleIn, textsOf } from './assess-texts.js';

const nest = `import { Inject, Injectable, Module, Scope, forwardRef } from '@nestjs/common'; import { ModuleRef, REQUEST } from '@nestjs/core';`;
const app = (users: string, caller: string, more: Record<string, string> = {}) => ({
  'src/users/users.module.ts': `${nest} import { UsersService } from './users.service'; @Module({ providers: [{ provide: 'USERS', useClass: UsersService }] }) export class UsersModule {}`,
  'src/users/users.service.ts': `${nest} import { Readable } from 'stream'; import { Observable } from 'rxjs'; import { Request } from 'express';
@Injectable() export class UsersService {
  ${users}
}`,
  'src/auth/auth.module.ts': `${nest} @Module({}) export class AuthModule {}`,
  'src/auth/auth.service.ts': `${nest} import { UsersService } from '../users/users.service'; import type { UsersService as Typed } from '../users/users.service';
@Injectable() export class AuthService {
  ${caller}
}`,
  ...more,
});
const called = (name: string) => [`auth: ${name} (AuthService) (src/auth/auth.service.ts:4)`];

it.each([
  ['its class', `constructor(private readonly users: UsersService) {}`, 'this.users.find(1)'],
  [
    'a type-only import and a token',
    `constructor(@Inject('USERS') private users: unknown) {}`,
    'this.users.find(1)',
  ],
  ['a token and its type', `constructor(@Inject('OTHER') private users: Typed) {}`, 'this.users.find(1)'],
  [
    'forwardRef',
    `constructor(@Inject(forwardRef(() => UsersService)) private users) {}`,
    'this.users.find(1)',
  ],
  ['a property', `@Inject(UsersService) private users;`, 'this.users.find(1)'],
  [
    'the container',
    `constructor(private moduleRef: ModuleRef) {}`,
    'this.moduleRef.get(UsersService).find(1)',
  ],
  [
    'a variable',
    `constructor(private users: UsersService) {}`,
    `{ const service = this.users; return service.find(1); }`,
  ],
])('a caller is seen through %s', (_how, fields, use) => {
  const body = use.startsWith('{') ? use : `{ return ${use}; }`;
  const assessment = assessTexts(app(`async find(id: number) {}`, `${fields}\n go() ${body}`));
  expect(textsOf(assessment, 'users', 'called by')).toEqual(called('find'));
  expect(moduleIn(assessment, 'users').callers).toBe(1);
});

it('a caller that inherits the field is a caller', () => {
  const assessment = assessTexts(
    app(`async find(id: number) {}`, ``, {
      'src/base.ts': `import { UsersService } from './users/users.service'; export class Base { constructor(protected users: UsersService) {} }`,
      'src/auth/auth.service.ts': `${nest} import { Base } from '../base';\n@Injectable() export class AuthService extends Base {\n\n go() { return this.users.find(1); } }`,
    }),
  );
  expect(textsOf(assessment, 'users', 'called by')).toEqual(called('find'));
});

it('a class of JavaScript says by @Dependencies what it is given', () => {
  const assessment = assessTexts({
    ...app(`async find(id: number) {}`, ``),
    'src/auth/auth.service.ts': '',
    'src/auth/auth.service.js': `const { Injectable, Dependencies } = require('@nestjs/common'); const { UsersService } = require('../users/users.service');
@Injectable() @Dependencies(UsersService) class AuthService { constructor(users) { this.users = users; }
 
 go() { return this.users.find(1); } }
module.exports = { AuthService };`,
  });
  expect(textsOf(assessment, 'users', 'called by')).toEqual([
    'auth: find (AuthService) (src/auth/auth.service.js:4)',
  ]);
});

it('rows and DTOs are values, and nobody calls them', () => {
  const assessment = assessTexts(
    app(`async find(id: number) {}`, `go(dto: CreateUser) { return dto.trimmed(); }`, {
      'src/users/create-user.ts': `export class CreateUser { name: string; trimmed() { return this.name.trim(); } }`,
      'src/auth/auth.service.ts': `${nest} import { CreateUser } from '../users/create-user';\n@Injectable() export class AuthService { go(dto: CreateUser) { return dto.trimmed(); } }`,
    }),
  );
  expect(moduleIn(assessment, 'users').callers).toBe(0);
});

it.each([
  ['a callback', `async use(work: (n: number) => void) {}`, 'work is a function'],
  ['a stream that comes', `async use(body: Readable) {}`, 'body is a stream'],
  ['a stream that goes', `async use(): Promise<Readable> {}`, 'it answers a stream'],
  ['an Observable', `use(): Observable<number> {}`, 'it answers an Observable'],
  ['a generator', `async *use() {}`, 'it answers piece by piece'],
  [
    'the request',
    `async use(request: Request) {}`,
    "request is the caller's request or connection (Request)",
  ],
  ['an answer at once', `use(): number { return 1; }`, 'it answers at once: its callers have to wait for it'],
  ['a field', `use = 3;`, 'a field that others read'],
])('what cannot cross is named: %s', (_what, member, why) => {
  const assessment = assessTexts(
    app(member, `constructor(private users: UsersService) {}\n go() { return this.users.use(1); }`),
  );
  expect(textsOf(assessment, 'users', 'cannot cross')).toEqual([
    `UsersService.use: ${why} (src/users/users.service.ts:3)`,
  ]);
});

it('what nobody else calls may be as it likes', () => {
  const assessment = assessTexts(
    app(
      `use(): number { return 1; }\n async find() {}`,
      `constructor(private users: UsersService) {}\n go() { return this.users.find(); }`,
    ),
  );
  expect(textsOf(assessment, 'users', 'cannot cross')).toEqual([]);
});

it('a class that lives as long as a request is named', () => {
  const scoped = assessTexts({
    ...app('', ''),
    'src/users/users.service.ts': `${nest}\n@Injectable({ scope: Scope.REQUEST })\nexport class UsersService { constructor(@Inject(REQUEST) private request) {} }`,
  });
  expect(textsOf(scoped, 'users', 'request')).toEqual([
    'UsersService lives as long as a request (src/users/users.service.ts:3)',
    'UsersService has the request injected (src/users/users.service.ts:3)',
  ]);
});

it('effects, events and clocks are named with their places', () => {
  const assessment = assessTexts({
    ...app('', ''),
    'src/users/users.service.ts': `${nest}
import { EventEmitter2 } from '@nestjs/event-emitter';
import { Cron } from '@nestjs/schedule';
import { MailerService } from '@nestjs-modules/mailer';
import type { Queue } from 'bullmq';
import { promises as fs } from 'node:fs';
import { LEFT } from '../events';
@Injectable() export class UsersService { constructor(private events: EventEmitter2, private mail: MailerService) {}
  async leave() { await fetch('https://a'); await this.events.emitAsync(LEFT); }
  @Cron('* * * * *') sweep() {} }`,
    'src/events.ts': `export const LEFT = 'user.left';`,
    'src/auth/auth.service.ts': `${nest} import { OnEvent } from '@nestjs/event-emitter'; import { LEFT } from '../events';\n@Injectable() export class AuthService {\n @OnEvent(LEFT) onLeft() {} }`,
  });
  expect(
    textsOf(assessment, 'users', 'effect').map((text) => text.replace(/: what acts .*\(/, ' (')),
  ).toEqual([
    'mail (@nestjs-modules/mailer) (src/users/users.service.ts:4)',
    'files (node:fs) (src/users/users.service.ts:6)',
    'HTTP (fetch) (src/users/users.service.ts:9)',
  ]);
  expect(textsOf(assessment, 'users', 'schedule')).toEqual([
    'a clock calls UsersService.sweep: only at the owner (src/users/users.service.ts:10)',
  ]);
  const event =
    'auth hears user.left of users (AuthService.onLeft), and users waits for it: events stay in a process (src/auth/auth.service.ts:3, src/users/users.service.ts:9)';
  expect(textsOf(assessment, 'users', 'event')).toEqual([event]);
  expect(textsOf(assessment, 'auth', 'event')).toEqual([event]);
});
