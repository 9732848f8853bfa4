import { assessTexts, moduleIn, textsOf } from './assess-texts.js';

const app = (service: string, imports = '', more: Record<string, string> = {}) => ({
  'src/users/users.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class UsersModule {}`,
  'src/users/user.entity.ts': `import { Entity, PrimaryColumn, Column } from 'typeorm'; @Entity('users') export class User { @PrimaryColumn('uuid') id: string; @Column() name: string; }`,
  'src/orders/orders.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class OrdersModule {}`,
  'src/orders/order.entity.ts': `
import { Entity, ManyToOne, PrimaryColumn } from 'typeorm'; import { User } from '../users/user.entity';
@Entity('orders') export class Order { @PrimaryColumn('uuid') id: string; @ManyToOne(() => User) buyer: User; }`,
  'src/orders/orders.service.ts': `import { Injectable } from '@nestjs/common'; import { InjectRepository, getRepositoryToken } from '@nestjs/typeorm'; import { DataSource, EntityManager, Repository } from 'typeorm';
import { User } from '../users/user.entity'; import { Order } from './order.entity'; ${imports}
@Injectable() export class OrdersService {
${service}
}`,
  ...more,
});
const at = 'src/orders/orders.service.ts';

it.each([
  [
    'an injected repository',
    `constructor(@InjectRepository(User) private users: Repository<User>) {}\n go() { return this.users.save({}); }`,
  ],
  [
    'a repository by its type',
    `constructor(private users: Repository<User>) {}\n go() { return this.users.update({}, {}); }`,
  ],
  [
    'a repository by its token',
    `constructor(@Inject(getRepositoryToken(User)) private users) {}\n async go() { await this.users.delete(1); }`,
  ],
  [
    'a property that is injected',
    `@InjectRepository(User) private readonly users: Repository<User>;\n go() { return this.users.increment({}, 'a', 1); }`,
  ],
  [
    'a repository that is assigned',
    `constructor(@InjectRepository(User) users: Repository<User>) { this.all = users; }\n go() { return this.all.insert({}); }`,
  ],
  [
    'a field that is taken apart',
    `constructor(private users: Repository<User>) {}\n go() { const { users } = this; return users.remove([]); }`,
  ],
  [
    'the repository of a manager',
    `constructor(private em: EntityManager) {}\n go() { return this.em.getRepository(User).save({}); }`,
  ],
  [
    'a manager',
    `constructor(private source: DataSource) {}\n go() { return this.source.manager.update(User, {}, {}); }`,
  ],
  [
    'a manager and a row',
    `constructor(private source: DataSource) {}\n async go(user: User) { await this.source.manager.save(user); }`,
  ],
  [
    'a manager and a row that was found',
    `constructor(private source: DataSource) {}\n async go() { const found = await this.source.manager.findOneBy(User, {});\n await this.source.manager.remove(found); }`,
    6,
  ],
  [
    'a query builder',
    `constructor(private users: Repository<User>) {}\n go() { return this.users.createQueryBuilder().update().set({}).execute(); }`,
  ],
  [
    'a query builder of a connection',
    `constructor(private source: DataSource) {}\n go() { return this.source.createQueryBuilder().insert().into(User).values({}).execute(); }`,
  ],
  [
    'a statement',
    `constructor(private source: DataSource) {}\n go() { return this.source.query(\`UPDATE "users" SET name = $1\`); }`,
  ],
  ['a row', `constructor(private users: Repository<User>) {}\n async go(user: User) { await user.save(); }`],
  ['a static method', `constructor() {}\n go() { return User.insert({}); }`],
])('a write past the service is seen: %s', (_how, service, line = 5) => {
  const assessment = assessTexts(app(service, `import { Inject } from '@nestjs/common';`));
  const past = [
    ...textsOf(assessment, 'users', 'writes past'),
    ...textsOf(assessment, 'users', 'sql across'),
  ];
  expect(past).toEqual([expect.stringContaining(`${at}:${line}`)]);
  expect(past[0]).toMatch(/writes users/);
  expect(moduleIn(assessment, 'orders').obstacles.some(({ blocks }) => blocks)).toBe(true);
});

it('a repository class of one’s own is its rows, but for the methods that it declares', () => {
  const repository = `import { Repository } from 'typeorm'; import { Injectable } from '@nestjs/common'; import { User } from './user.entity';
@Injectable() export class UserRepository extends Repository<User> { findByName(name: string): Promise<User> { return this.findOneBy({ name }); } }`;
  const assessment = assessTexts(
    app(
      `constructor(private users: UserRepository) {}\n go() { this.users.findByName('a'); return this.users.save({}); }`,
      `import { UserRepository } from '../users/user.repository';`,
      { 'src/users/user.repository.ts': repository },
    ),
  );
  expect(textsOf(assessment, 'users', 'writes past')).toEqual([
    `OrdersService of orders writes users in go, past the service (${at}:5)`,
  ]);
  expect(textsOf(assessment, 'users', 'called by')).toEqual([`orders: findByName (OrdersService) (${at}:5)`]);
});

it('who only reads is not said to write', () => {
  const assessment = assessTexts(
    app(
      `constructor(private users: Repository<User>) {}\n go() { this.users.create({}); return this.users.findOneBy({}); }`,
    ),
  );
  expect(textsOf(assessment, 'users', 'reads past')).toEqual([
    `OrdersService of orders reads users in go, past the service (${at}:5)`,
  ]);
  expect(textsOf(assessment, 'users', 'writes past')).toEqual([]);
});

it.each([
  ['relations by name', `go() { return this.orders.find({ relations: { buyer: true } }); }`],
  ['relations as a list', `go() { return this.orders.find({ relations: ['buyer'] }); }`],
  [
    'a join',
    `go() { return this.orders.createQueryBuilder('o').leftJoinAndSelect('o.buyer', 'buyer').where('a').getMany(); }`,
  ],
  [
    'a join at the end of a long chain',
    `go() { return this.orders.createQueryBuilder('o')${`.where('a')`.repeat(30)}.leftJoin('o.buyer', 'b').getMany(); }`,
  ],
])('a join to another module’s rows is a read past its service: %s', (_how, method) => {
  const assessment = assessTexts(app(`constructor(private orders: Repository<Order>) {}\n ${method}`));
  expect(textsOf(assessment, 'users', 'reads past')).toEqual([
    `OrdersService of orders joins users in go, past the service (${at}:5)`,
  ]);
});

it('a statement over tables of two modules stands at both', () => {
  const assessment = assessTexts(
    app(
      `constructor(private source: DataSource) {}\n go() { return this.source.query('select * from public.orders o join users u on true' + ' where 1=1'); }`,
    ),
  );
  for (const module of ['users', 'orders'])
    expect(textsOf(assessment, module, 'sql across')).toEqual([
      `a statement of OrdersService.go reads orders, users (${at}:5)`,
    ]);
});

it('a module that writes its own rows is left in peace', () => {
  const assessment = assessTexts(
    app(`constructor(private orders: Repository<Order>) {}\n go() { return this.orders.save({}); }`),
  );
  expect(moduleIn(assessment, 'orders').obstacles.map(({ kind }) => kind)).toEqual(['relation']);
});

it('a script that writes past the service is said, and holds nobody back', () => {
  const assessment = assessTexts({
    ...app(''),
    'src/seed.ts': `import { DataSource } from 'typeorm'; import { User } from './users/user.entity';\nexport const seed = async (source: DataSource) => { await source.getRepository(User).insert({}); };`,
  });
  expect(textsOf(assessment, 'users', 'writes past')).toEqual([
    'src/seed.ts writes users, past the service (src/seed.ts:2)',
  ]);
  expect(moduleIn(assessment, 'users').obstacles.every(({ blocks }) => !blocks)).toBe(true);
});
