import { assessTexts, moduleIn } from './assess-texts.js';

const head = `import { Column, Entity, ManyToOne, PrimaryColumn } from 'typeorm';`;
const left = (sources: Record<string, string>) =>
  assessTexts(sources).leftOut.map(({ file, line, why }) => `${file}:${line} ${why}`);

it.each([
  [
    'a table’s name that is computed',
    `@Entity(prefix() + 'a') export class A { @PrimaryColumn('uuid') id: string; }`,
    "a.ts:2 @Entity(prefix() + 'a') of A: the table's name is computed",
  ],
  [
    'a column’s options that are computed',
    `@Entity() export class A { @PrimaryColumn('uuid') id: string; @Column(options('x')) x: string; }`,
    "a.ts:2 @Column(options('x')) of x is computed",
  ],
  [
    'a base class of a package',
    `import { Base } from 'crud'; @Entity() export class A extends Base { @PrimaryColumn('uuid') id: string; }`,
    'a.ts:2 A extends Base of crud: columns that come from there are not known',
  ],
  [
    'a mixin',
    `@Entity() export class A extends Timed(Named(Object)) { @PrimaryColumn('uuid') id: string; go() {} }`,
    'a.ts:2 A extends Timed(Named(Object)), which is not understood',
  ],
  [
    'a decorator of a library',
    `import { Money } from 'money'; @Entity() export class A { @PrimaryColumn('uuid') id: string; @Money() price: number; }`,
    'a.ts:2 @Money of money on A.price: it is not known whether this is a column',
  ],
  [
    'a relation to nothing',
    `@Entity() export class A { @PrimaryColumn('uuid') id: string; @ManyToOne(() => Gone) b: unknown; }`,
    'a.ts:2 A.b leads to Gone, which is no entity of this folder',
  ],
  [
    'an import that leads nowhere',
    `import { B } from './b'; export const b: B = 1;`,
    'a.ts:2 "./b" leads to nothing in this folder',
  ],
  [
    'a naming strategy',
    `import { SnakeNamingStrategy } from 'typeorm-naming-strategies';`,
    'a.ts:2 SnakeNamingStrategy: names of tables and columns that entities do not give may be others',
  ],
  [
    'what a compiler wrote',
    `var __decorate = function () {};\n__decorate([], 1);`,
    'a.ts:null written by a compiler: its sources are what is read',
  ],
])('%s is not passed over in silence', (_what, text, why) => {
  expect(left({ 'a.ts': `${head}\n${text}` })).toEqual([why]);
});

it('an import of a migration is none that leads nowhere: their folders are left out, and named', () => {
  expect(left({ 'a.ts': `import { Init } from './migrations/1-init'; export const all = [Init];` })).toEqual(
    [],
  );
});

it('a syntax error takes its own file’s rest, and says so', () => {
  const assessment = assessTexts({
    'src/a/a.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class AModule {}`,
    'src/a/a.ts': `${head}\n@Entity() export class A { @PrimaryColumn('uuid') id: string; }\nexport class { const ( = ;`,
    'src/a/b.ts': `${head}\n@Entity() export class B { @PrimaryColumn('uuid') id: string; }`,
  });
  expect(moduleIn(assessment, 'a').tables.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(assessment.leftOut).toMatchObject([
    { file: 'src/a/a.ts', line: 3, why: expect.stringContaining('a syntax error') },
  ]);
});

it('names that are constants are no computation', () => {
  const sources = {
    'src/a/a.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class AModule {}`,
    'src/names.ts': `export const NAMES = { a: 'as' } as const; export enum Table { B = 'bs' } export const C = 'cs';`,
    'src/a/a.ts': `${head} import { C, NAMES, Table } from '../names'; import * as names from '../names';
const options = { name: 'the_d' };
@Entity(NAMES.a) export class A { @PrimaryColumn('uuid') id: string; @Column(options) d: string; }
@Entity({ name: Table.B }) export class B { @PrimaryColumn('uuid') id: string; }
@Entity(C) export class Cc { @PrimaryColumn('uuid') id: string; }
@Entity(names.C + '') export class Dd { @PrimaryColumn('uuid') id: string; }`,
  };
  const assessment = assessTexts(sources);
  expect(moduleIn(assessment, 'a').tables.map(({ name }) => name)).toEqual(['as', 'bs', 'cs', 'dd']);
  expect(assessment.leftOut.map(({ line }) => line)).toEqual([6]);
});

it.each([
  ['brackets', `export const a = ${'('.repeat(50_000)}1${')'.repeat(50_000)};`],
  ['a sum', `export const a = ${`'a' + `.repeat(50_000)}'b';`],
  ['calls', `export const a = b${`.c()`.repeat(50_000)};`],
  ['objects', `export const a = ${'{ a: '.repeat(20_000)}1${' }'.repeat(20_000)};`],
  ['lines', `export const a = 'a';\n`.repeat(20_000)],
])('a generated file of endless %s holds nothing up', (_what, text) => {
  const assessment = assessTexts({
    'src/a/a.module.ts': `import { Module } from '@nestjs/common'; @Module({}) export class AModule {}`,
    'src/a/generated.ts': text,
  });
  expect(assessment.modules.map(({ name }) => name)).toEqual(['a']);
});

it('imports, exports and classes that go round in circles end', () => {
  const circle = {
    'a.ts': `export * from './b'; export { X } from './b'; import { X } from './b'; export class A extends X {} export const v = w; const w = v;`,
    'b.ts': `export * from './a'; export { A as X } from './a'; export enum E { a = E.a }`,
    'c.ts': `import { Nothing } from './a'; import { Entity, Column } from 'typeorm'; import { A, v } from './a'; @Entity(v) export class C extends A { @Column(() => C) c: C; @Column(Nothing.x) d; }`,
  };
  expect(assessTexts(circle).files).toBe(3);
});
