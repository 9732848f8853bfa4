import type { Assessment } from './assessment.js';
import { assessTexts, moduleIn } from './assess-texts.js';

const nest = (name: string, metadata = '', imports = '') =>
  `import { Module } from '@nestjs/common'; import { TypeOrmModule } from '@nestjs/typeorm'; ${imports} @Module({${metadata}}) export class ${name} {}`;
const entity = (name: string) =>
  `import { Entity, PrimaryColumn } from 'typeorm'; @Entity() export class ${name} { @PrimaryColumn('uuid') id: string; }`;
const shape = ({ modules }: Assessment) =>
  Object.fromEntries(modules.map(({ name, tables }) => [name, tables.map((table) => table.name).join(' ')]));

it.each([
  ['src', 'src/'],
  ['src/modules', 'src/modules/'],
  ['the folder itself', ''],
  ['an application of a monorepo', 'apps/api/src/'],
  ['a folder of one’s own name', 'src/bounded-contexts/'],
])('modules lie in %s', (_where, folder) => {
  const assessment = assessTexts({
    'src/app.module.ts': nest('AppModule'),
    [`${folder}users/users.module.ts`]: nest('UsersModule'),
    [`${folder}users/entities/user.ts`]: entity('User'),
    [`${folder}orders/orders.module.ts`]: nest('OrdersModule'),
    [`${folder}orders/order.entity.ts`]: entity('Order'),
  });
  expect(shape(assessment)).toEqual({ users: 'user', orders: 'order' });
});

it('one folder of a module is one module', () => {
  const assessment = assessTexts({
    'src/app.module.ts': nest('AppModule'),
    'src/users/users.module.ts': nest('UsersModule'),
    'src/users/user.entity.ts': entity('User'),
  });
  expect(shape(assessment)).toEqual({ users: 'user' });
});

it('a Nest module within a module’s folder is no module of its own', () => {
  const assessment = assessTexts({
    'src/users/users.module.ts': nest('UsersModule'),
    'src/users/profiles/profiles.module.ts': nest('ProfilesModule'),
    'src/users/persistence/relational/user.entity.ts': entity('User'),
    'src/users/profiles/profile.entity.ts': entity('Profile'),
    'src/orders/orders.module.ts': nest('OrdersModule'),
  });
  expect(shape(assessment)).toEqual({ users: 'user profile', orders: '' });
});

it('an application without folders of modules is one', () => {
  const sources = {
    'src/app.module.ts': nest('AppModule'),
    'src/user.entity.ts': entity('User'),
    'src/order.entity.ts': entity('Order'),
  };
  expect(shape(assessTexts(sources))).toEqual({ app: 'user order' });
});

it('Nest modules that lie beside each other are told apart by their files', () => {
  const assessment = assessTexts({
    'src/app.module.ts': nest('AppModule'),
    'src/users.module.ts': nest(
      'UsersModule',
      `imports: [TypeOrmModule.forFeature([Person])]`,
      `import { Person } from './models/person';`,
    ),
    'src/orders.module.ts': nest(
      'OrdersModule',
      `providers: [Checkout]`,
      `import { Checkout } from './checkout';`,
    ),
    'src/order.entity.ts': entity('Order'),
    'src/models/person.ts': entity('Person'),
    'src/checkout.ts': `import { Injectable } from '@nestjs/common'; import { Repository } from 'typeorm'; import { Person } from './models/person';
@Injectable() export class Checkout { constructor(private people: Repository<Person>) {} go() { return this.people.save({}); } }`,
  });
  expect(shape(assessment)).toEqual({ users: 'person', orders: 'order' });
  expect(moduleIn(assessment, 'users').obstacles.map(({ kind, with: others }) => [kind, others])).toEqual([
    ['writes past', ['orders']],
  ]);
});

it('entities that all lie in one folder belong to the modules that register them', () => {
  const assessment = assessTexts({
    'src/app.module.ts': nest('AppModule'),
    'src/entities/user.entity.ts': entity('User'),
    'src/entities/order.entity.ts': entity('Order'),
    'src/entities/tag.entity.ts': entity('Tag'),
    'src/users/users.module.ts': nest(
      'UsersModule',
      `imports: [TypeOrmModule.forFeature([User, Tag])]`,
      `import { User } from '../entities/user.entity'; import { Tag } from '../entities/tag.entity';`,
    ),
    'src/orders/orders.module.ts': nest(
      'OrdersModule',
      `imports: [TypeOrmModule.forFeature([Order, User, Tag])]`,
      `import { User } from '../entities/user.entity'; import { Order } from '../entities/order.entity'; import { Tag } from '../entities/tag.entity';`,
    ),
  });
  expect(shape(assessment)).toEqual({ users: 'user', orders: 'order', entities: 'tag' });
  expect(assessment.leftOut.map(({ why }) => why)).toEqual([
    'Tag lies apart and is registered by users, orders: whose it is cannot be told',
  ]);
});

it('two modules of one name are told apart by their folders', () => {
  const assessment = assessTexts({
    'apps/a/src/users/users.module.ts': nest('UsersModule'),
    'apps/b/src/users/users.module.ts': nest('UsersModule'),
  });
  expect(assessment.modules.map(({ name }) => name)).toEqual(['apps/a/src/users', 'apps/b/src/users']);
});

it('nothing to assess is said, and no error', () => {
  expect(assessTexts({ 'main.go.ts': 'export {};' })).toEqual({
    version: 1,
    files: 1,
    modules: [],
    order: [],
    leftOut: [],
  });
});
