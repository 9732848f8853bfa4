import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { sourcesIn } from './source-text.js';

/* Who takes a room of the toolkit takes along what it loads, and what that loads. Types cost nobody anything. */
const root = 'libs/strangler/src';
const sources = sourcesIn(root);

/** What a source imports, or passes on, that is there when it runs. */
function loadedBy(source: string): string[] {
  const { statements } = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const clause = ts.isImportDeclaration(statement) ? statement.importClause : statement;
    const names = clause && (ts.isExportDeclaration(clause) ? clause.exportClause : clause.namedBindings);
    const isOfTypes =
      names && 'elements' in names && names.elements.length > 0
        ? names.elements.every(({ isTypeOnly }) => isTypeOnly)
        : false;
    const { moduleSpecifier } = statement;
    if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier) || isOfTypes) return [];
    const isType = ts.isExportDeclaration(statement)
      ? statement.isTypeOnly
      : statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return isType ? [] : [moduleSpecifier.text];
  });
}

/** The packages that the files of some rooms load, themselves or by others of the toolkit. */
function packagesOf(...rooms: string[]): string[] {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = sources.get(file);
    if (source === undefined) throw new Error(`there is no ${file}`);
    for (const name of loadedBy(source))
      if (name.startsWith('.')) visit(join(file, '..', name).replace(/\.js$/, '.ts'));
      else if (!name.startsWith('node:')) packages.add(name);
  };
  const files = [...sources.keys()].filter((file) => !/\.(spec|fixture)\.ts$/.test(file));
  for (const room of rooms) files.filter((file) => file.startsWith(join(root, room, '/'))).forEach(visit);
  return [...packages].sort();
}

it.each([
  [`import { a } from 'a';`, ['a']],
  [`import { type A, b } from 'a';`, ['a']],
  [`export { a } from 'a';`, ['a']],
  [`import 'a';`, ['a']],
  [`import * as a from 'a';`, ['a']],
  [`import type { A } from 'a';`, []],
  [`import { type A } from 'a';`, []],
  [`export { type A } from 'a';`, []],
  [`export type { A } from 'a';`, []],
])('%s loads %j', (source, loaded) => {
  expect(loadedBy(source)).toEqual(loaded);
});

it('a contract needs neither Nest nor pg', () => {
  expect(packagesOf('contract')).toEqual(['class-transformer', 'class-validator', 'reflect-metadata']);
});

it('an upgrade of the schema needs the client that it is given', () => {
  expect(packagesOf('migrate')).toEqual([]);
});

it('the core needs pg and NATS, and no TypeORM; of Nest its logger', () => {
  expect(readdirSync(root)).toEqual(expect.arrayContaining(['engine', 'sides', 'control']));
  expect(packagesOf('engine')).toEqual(['@nestjs/common']);
  expect(packagesOf('sides')).toEqual(['@nats-io/transport-node', '@nestjs/common', 'lru-cache', 'pg']);
  const read = ['class-transformer', 'class-validator', 'fastest-levenshtein', 'reflect-metadata', 'yaml'];
  expect(packagesOf('engine', 'sides', 'control')).toEqual(
    ['@nats-io/transport-node', '@nestjs/common', 'lru-cache', 'pg', 'standardwebhooks', ...read].sort(),
  );
});
