import { relative } from 'node:path';
import ts from 'typescript';
import { sourcesIn } from './source-text.js';

/* A name that a package's files export means one thing: who reads it in one room is not to think of what it is in another. */
const toolkit = 'libs/strangler/src';

/** Still two things each: more may not become so. */
const homonyms = ['Answer', 'Ownership', 'Position', 'Step', 'command'];

/** A verb of operators: what it does, and how it is said on the command line. */
const isOfVerb = (file: string): boolean => /^(cli\/verbs|control\/commands)\//.test(file);

/** The names that a source declares and exports. */
function exportedBy(source: string): string[] {
  const { statements } = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest);
  return statements.flatMap((statement) => {
    const flags = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
    if (!flags?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    const declared = ts.isVariableStatement(statement)
      ? statement.declarationList.declarations
      : [statement as ts.DeclarationStatement];
    return declared.flatMap(({ name }) => (name && ts.isIdentifier(name) ? [name.text] : []));
  });
}

/** Names that are declared in several files, with those. A function and its overloads, a type and its value, stand in one. */
function homonymsIn(sources: Iterable<readonly [file: string, source: string]>): Map<string, string[]> {
  const files = new Map<string, Set<string>>();
  for (const [file, source] of sources)
    for (const name of exportedBy(source)) files.set(name, (files.get(name) ?? new Set()).add(file));
  const several = [...files].map(([name, those]) => [name, [...those]] as const);
  return new Map(
    several
      .filter(([, those]) => those.length > 1 && !those.every(isOfVerb))
      .map(([name, those]) => [name, [...those].sort()]),
  );
}

it('what two files call the same is found', () => {
  const found = homonymsIn([
    ['routes/a.ts', `export interface Seen {} export const b = 1, c = 2;`],
    ['calls/a.ts', `export type Seen = 1; export abstract class B {} const c = 3;`],
    ['calls/b.ts', `export async function b() {} export { Seen } from './a.js'; export const key = () => 1;`],
  ]);
  expect([...found]).toEqual([
    ['Seen', ['calls/a.ts', 'routes/a.ts']],
    ['b', ['calls/b.ts', 'routes/a.ts']],
  ]);
});

it('a verb is one thing, also where the command line says it', () => {
  const verb = `export const wink = 1;`;
  expect([
    ...homonymsIn([
      ['cli/verbs/wink.ts', verb],
      ['control/commands/wink.ts', verb],
    ]),
  ]).toEqual([]);
  expect([
    ...homonymsIn([
      ['cli/verbs/wink.ts', verb],
      ['control/steps/wink.ts', verb],
    ]),
  ]).toHaveLength(1);
});

const sourcesOf = (root: string) =>
  [...sourcesIn(root)]
    .filter(([file]) => !/\.(spec|fixture)\.ts$/.test(file))
    .map(([file, source]) => [relative(root, file), source] as const);

it('a name of the embedded servers means one thing', () => {
  const sources = sourcesOf('libs/embedded-servers/src');
  expect(sources.length).toBeGreaterThan(20);
  expect(Object.fromEntries(homonymsIn(sources))).toEqual({});
});

it('a name of the toolkit means one thing', () => {
  const found = homonymsIn(sourcesOf(toolkit));
  expect(Object.fromEntries([...found].filter(([name]) => !homonyms.includes(name)))).toEqual({});
  expect([...found.keys()].sort()).toEqual([...homonyms].sort());
});
