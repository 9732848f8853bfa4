import { assessTexts, textsOf } from './assess-texts.js';

const head = `import { Injectable } from '@nestjs/common'; import { InjectRepository } from '@nestjs/typeorm'; import { DataSource, EntityManager, Repository } from 'typeorm'; import { Transactional } from 'typeorm-transactional';`;
const app = (service: string) => ({
  'src/modules/users/users.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class UsersModule {}`,
  'src/modules/users/user.entity.ts': `import { Entity, PrimaryColumn } from 'typeorm'; @Entity('users') export class User { @PrimaryColumn('uuid') id: string; }`,
  'src/modules/users/users.service.ts': `${head} import { User } from './user.entity';
@Injectable() export class UsersService { constructor(private users: Repository<User>) {}
  async rename(id: string): Promise<void> { await this.users.update(id, {}); }
  async renameIn(manager: EntityManager, id: string): Promise<void> { await manager.update(User, id, {}); } }`,
  'src/modules/orders/orders.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class OrdersModule {}`,
  'src/modules/orders/order.entity.ts': `import { Entity, PrimaryColumn } from 'typeorm'; @Entity('orders') export class Order { @PrimaryColumn('uuid') id: string; }`,
  'src/modules/orders/orders.service.ts': `${head} import { User } from '../users/user.entity'; import { UsersService } from '../users/users.service'; import { Order } from './order.entity';
@Injectable() export class OrdersService { constructor(private orders: Repository<Order>, private users: UsersService, private source: DataSource) {}
  ${service}
}`,
});
const at = 'src/modules/orders/orders.service.ts';

it.each([
  [
    'a callback',
    `async go() { await this.source.transaction(async (em) => { await em.save(Order, {}); await em.delete(User, 1); }); }`,
  ],
  [
    'an isolation level',
    `async go() { await this.source.transaction('SERIALIZABLE', async (tx) => { await tx.insert(Order, {}); await tx.query('update users set a = 1'); }); }`,
  ],
  [
    'the manager of a repository',
    `async go() { await this.orders.manager.transaction(async (m) => { await m.save(new Order()); await m.getRepository(User).save({}); }); }`,
  ],
  [
    'a method that is given the manager',
    `async go() { await this.source.transaction(async (m) => { await m.save(Order, {}); await this.part(m); }); } async part(manager: EntityManager) { await manager.save(User, {}); }`,
  ],
  [
    'another module’s method that is given the manager',
    `async go() { await this.source.transaction(async (m) => { await m.save(Order, {}); await this.users.renameIn(m, 'a'); }); }`,
  ],
  [
    '@Transactional',
    `@Transactional() async go() { await this.orders.save({}); await this.users.rename('a'); }`,
  ],
  [
    'a query runner',
    `async go() { const runner = this.source.createQueryRunner(); await runner.startTransaction(); await runner.manager.save(Order, {}); await runner.manager.save(User, {}); await runner.commitTransaction(); }`,
  ],
])('a transaction over two modules is seen: %s', (_how, method) => {
  const assessment = assessTexts(app(method));
  for (const module of ['users', 'orders']) {
    expect(textsOf(assessment, module, 'transaction')).toEqual([
      expect.stringMatching(/^OrdersService\.go .* is one transaction over orders/),
    ]);
    expect(textsOf(assessment, module, 'transaction')[0]).toContain(`${at}:3`);
  }
});

it.each([
  [
    'over one module',
    `async go() { await this.source.transaction(async (em) => { await em.save(Order, {}); }); }`,
  ],
  [
    'with a call that is not in it',
    `async go() { await this.source.transaction(async (em) => { await em.save(Order, {}); await this.users.rename('a'); }); }`,
  ],
  [
    'beside a repository that is not in it',
    `async go() { await this.source.transaction(async (em) => { await em.save(User, {}); await this.orders.save({}); }); }`,
  ],
  ['of nobody', `async go() { await this.users.rename('a'); await this.orders.save({}); }`],
])('no transaction over modules is made up: %s', (_how, method) => {
  expect(textsOf(assessTexts(app(method)), 'orders', 'transaction')).toEqual([]);
});

it('a method that takes the caller’s EntityManager cannot be called over a network', () => {
  const method = `async go() { await this.source.transaction(async (m) => { await this.users.renameIn(m, 'a'); }); }`;
  expect(textsOf(assessTexts(app(method)), 'users', 'cannot cross')).toEqual([
    `UsersService.renameIn: manager shares the caller's transaction (EntityManager) (src/modules/users/users.service.ts:4)`,
  ]);
});
