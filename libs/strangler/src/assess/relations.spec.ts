import { assessTexts, moduleIn, textsOf } from './assess-texts.js';

const user = `
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
@Entity('users')
export class User {
  @PrimaryGeneratedColumn() id: number;
  @Column({ unique: true }) email: string;
}`;
const modules = {
  'src/users/users.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class UsersModule {}`,
  'src/orders/orders.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class OrdersModule {}`,
};
const order = (members: string, imports = `import { User } from '../users/user.entity';`) => ({
  ...modules,
  'src/users/user.entity.ts': user,
  'src/orders/order.entity.ts': `
import { Column, Entity, JoinTable, ManyToMany, ManyToOne, OneToMany, OneToOne, PrimaryColumn } from 'typeorm';
${imports}
@Entity()
export class Order {
  @PrimaryColumn('uuid') id: string;
  ${members}
}`,
});

it('an eager relation to another module is not taken for one that only has a foreign key', () => {
  const assessment = assessTexts(
    order(`@ManyToOne(() => User, { eager: true }) user: User; @ManyToOne(() => User) payer: User;`),
  );
  expect(textsOf(assessment, 'orders', 'relation')).toEqual([
    'Order.user → User of users, EAGER: every query of it reads the other table (src/orders/order.entity.ts:7)',
    'Order.payer → User of users: its foreign key is dropped (src/orders/order.entity.ts:7)',
  ]);
  const { obstacles } = moduleIn(assessment, 'orders');
  expect(obstacles.map(({ blocks, points }) => [blocks, points])).toEqual([
    [true, 2],
    [false, 1],
  ]);
});

it('the module that others lead to hears of it too', () => {
  const assessment = assessTexts(order(`@ManyToOne(() => User, { eager: true }) user: User;`));
  expect(textsOf(assessment, 'users', 'relation')).toEqual([
    'Order.user → User, declared in orders, EAGER: every query of it reads the other table (src/orders/order.entity.ts:7)',
  ]);
});

it('a relation within a module is nobody else’s business', () => {
  const assessment = assessTexts(order(`@ManyToOne(() => Order, { eager: true }) parent: Order;`, ''));
  expect(moduleIn(assessment, 'orders').obstacles).toEqual([]);
});

it('a join table without an entity is not forgotten', () => {
  const assessment = assessTexts(
    order(`@ManyToMany(() => User) @JoinTable({ name: 'watchers' }) watchers: User[];`),
  );
  expect(moduleIn(assessment, 'orders').tables.map(({ name, entity }) => [name, entity])).toEqual([
    ['order', 'Order'],
    ['watchers', null],
  ]);
  expect(textsOf(assessment, 'users', 'join table')).toEqual([
    'watchers joins Order.watchers and User, and has no entity; its rows belong to orders and users (src/orders/order.entity.ts:7)',
  ]);
});

it('a join table gets the name that TypeORM makes', () => {
  const assessment = assessTexts(order(`@ManyToMany('User') @JoinTable() shopWatchers: User[];`));
  expect(moduleIn(assessment, 'orders').tables.map(({ name }) => name)).toContain(
    'order_shop_watchers_users',
  );
});

it.each([
  ['an alias of the import', `import { User as Account } from '../users/user.entity';`, `() => Account`],
  ['a name that is a text', '', `'User'`],
  ['a barrel', `import { User } from '../users';`, `() => User`],
  ['a barrel of a barrel', `import { User } from '../all';`, `() => User`],
  ['a namespace', `import * as users from '../users';`, `() => users.User`],
  ['paths of tsconfig', `import { User } from '@users/user.entity';`, `(type) => User`],
  ['a name of package.json', `import { User } from '#users/user.entity.js';`, `() => { return User; }`],
  ['an ending that is written out', `import { User } from '../users/user.entity.js';`, `() => User`],
  ['the folder of the sources', `import { User } from 'src/users/user.entity';`, `() => User`],
  ['require', `const { User } = require('../users/user.entity');`, `() => User`],
  ['import = require', `import users = require('../users/user.entity');`, `() => users.User`],
])('a relation is seen through %s', (_how, imports, target) => {
  const assessment = assessTexts({
    ...order(`@ManyToOne(${target}, { eager: true }) user: unknown;`, imports),
    'src/users/index.ts': `export * from './user.entity';`,
    'src/all.ts': `export { User } from './users/index.js';`,
    'tsconfig.json': `{ // paths\n "compilerOptions": { "baseUrl": "./", "paths": { "@users/*": ["src/users/*"], }, } }`,
    'package.json': `{ "imports": { "#users/*.js": { "source": "./src/users/*.ts", "default": "./dist/users/*.js" } } }`,
  });
  expect(textsOf(assessment, 'orders', 'relation')).toHaveLength(1);
  expect(assessment.leftOut).toEqual([]);
});

it('decorators are known by what they are, not by what they are called here', () => {
  const assessment = assessTexts({
    'src/things/things.module.ts': `import { Module as Part } from '@nestjs/common'; @Part({}) export class Things {}`,
    'src/things/thing.ts': `
import * as orm from 'typeorm';
import { Entity as Table, PrimaryGeneratedColumn as Id } from 'typeorm';
@Table('things') export class Thing { @Id('uuid') id: string; @orm.Column('timestamp') made: Date; }
function Entity() {}
@Entity() export class NoTable {}`,
  });
  expect(moduleIn(assessment, 'things').tables).toEqual([
    {
      name: 'things',
      entity: 'Thing',
      ids: 'uuid by the database',
      at: { file: 'src/things/thing.ts', line: 4 },
    },
  ]);
  expect(textsOf(assessment, 'things', 'date without zone')).toHaveLength(1);
});

it('columns of a base entity, of an embedded class and of a decorator of one’s own are not lost', () => {
  const assessment = assessTexts({
    'src/base.ts': `
import { Column, CreateDateColumn, PrimaryGeneratedColumn, BaseEntity } from 'typeorm';
export const Moment = (options = {}) => Column({ type: 'timestamp', ...options });
export class Stamps { @CreateDateColumn({ name: 'made_at' }) madeAt: Date; }
export abstract class Base extends BaseEntity { @PrimaryGeneratedColumn() id: number; @Column(() => Stamps) stamps: Stamps; }`,
    'src/things/thing.entity.ts': `
import { Entity } from 'typeorm';
import { Base, Moment } from '../base';
@Entity() export class BigThing extends Base { @Moment({ name: 'seen_at' }) seenAt: Date; }`,
    'src/things/things.module.ts': modules['src/users/users.module.ts'],
  });
  expect(moduleIn(assessment, 'things').tables).toMatchObject([{ name: 'big_thing', ids: 'serial' }]);
  expect(textsOf(assessment, 'things', 'date without zone')[0]).toContain(
    '2 date columns without a zone (big_thing.seen_at, big_thing.stampsMade_at): sides differ',
  );
  expect(assessment.leftOut).toEqual([]);
});

it('an EntitySchema is an entity', () => {
  const assessment = assessTexts({
    ...modules,
    'src/users/user.entity.js': `
const { EntitySchema } = require('typeorm');
module.exports.User = new EntitySchema({
  name: 'User', tableName: 'users',
  columns: { id: { type: 'int', primary: true, generated: true }, email: { type: String, unique: true }, madeAt: { type: 'timestamp', createDate: true } },
});`,
    'src/orders/order.entity.js': `
const { EntitySchema } = require('typeorm');
const { User } = require('../users/user.entity');
module.exports = new EntitySchema({
  name: 'Order', tableName: 'orders', columns: { id: { type: 'uuid', primary: true } },
  relations: { user: { type: 'many-to-one', target: 'User', eager: true, joinColumn: { name: 'user_id' } } },
});`,
  });
  expect(moduleIn(assessment, 'users').tables).toMatchObject([{ name: 'users', ids: 'serial' }]);
  expect(textsOf(assessment, 'orders', 'relation')).toEqual([
    'Order.user → User of users, EAGER: every query of it reads the other table (src/orders/order.entity.js:6)',
  ]);
});
