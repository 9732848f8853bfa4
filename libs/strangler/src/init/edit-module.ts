import type t from 'typescript';
import { ts } from '../assess/compiler.js';
import type { ClassFact } from '../assess/facts/classes.js';
import { bare, propertyOf } from '../assess/read/syntax.js';

/** How the sources of an application are written. */
export interface CodeStyle {
  quote: "'" | '"';
  /** At the end of a statement. */
  end: ';' | '';
  newline: '\n' | '\r\n';
  /** Of a relative import: `.js` in an ESM application. */
  ending: '.js' | '';
}

/** What comes into a module: imports of its file, and an element of its `imports`. */
export interface Addition {
  imports: readonly { names: string; from: string }[];
  element: string;
}

/** The style of a file, by its first import. */
export function styleOf({ text, statements }: t.SourceFile, isEsm: boolean): CodeStyle {
  const first = statements.find(ts.isImportDeclaration)?.getText() ?? '';
  return {
    quote: first.includes('"') ? '"' : "'",
    end: first === '' || first.endsWith(';') ? ';' : '',
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    ending: isEsm ? '.js' : '',
  };
}

export const importLine = ({ names, from }: Addition['imports'][number], { quote, end }: CodeStyle): string =>
  `import { ${names} } from ${quote}${from}${quote}${end}`;

/** The file with the addition in it, or why that cannot be done without reading more than its text. */
export function editModule(
  root: ClassFact,
  addition: Addition,
  style: CodeStyle,
): { text: string } | { why: string } {
  const { file, path } = root.source;
  if (!/\.[cm]?ts$/.test(path)) return { why: 'it is no TypeScript' };
  const [metadata] = root.decorations.find(({ name }) => name === 'Module')?.args ?? [];
  const options = metadata && bare(metadata);
  if (!options || !ts.isObjectLiteralExpression(options))
    return { why: '@Module is given no object that stands there' };
  const list = propertyOf(options, 'imports');
  const place = list
    ? inList(bare(list), addition.element, style)
    : asFirst(options, addition.element, style);
  if (place === undefined) return { why: 'its `imports` is no list that stands there' };
  const lines = addition.imports.map((one) => importLine(one, style));
  return { text: insert(insert(file.text, place), importsAt(file, lines, style)) };
}

interface Insertion {
  at: number;
  text: string;
}

const insert = (text: string, { at, text: more }: Insertion): string =>
  text.slice(0, at) + more + text.slice(at);

/** After the one that opens the data source, if it is there; else as the first. */
function inList(list: t.Expression, element: string, style: CodeStyle): Insertion | undefined {
  if (!ts.isArrayLiteralExpression(list)) return undefined;
  const { elements } = list;
  const first = elements[0];
  if (!first) return { at: list.getStart() + 1, text: element };
  const after = elements.find((one) => /^TypeOrmModule\s*\.\s*forRoot/.test(one.getText()));
  const next = lineStartOf(after ?? first);
  if (after)
    return {
      at: after.end,
      text: next === undefined ? `, ${element}` : `,${style.newline}${next}${element}`,
    };
  return { at: first.getStart(), text: `${element},${next === undefined ? ' ' : style.newline + next}` };
}

function asFirst(options: t.ObjectLiteralExpression, element: string, { newline }: CodeStyle): Insertion {
  const [first] = options.properties;
  const property = `imports: [${element}]`;
  if (!first) return { at: options.getStart() + 1, text: ` ${property} ` };
  const indent = lineStartOf(first);
  return { at: first.getStart(), text: `${property},${indent === undefined ? ' ' : newline + indent}` };
}

/** What is before a node in its line, if that is nothing but space. */
function lineStartOf(node: t.Node): string | undefined {
  const { text } = node.getSourceFile();
  const start = node.getStart();
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  return before.trim() === '' ? before : undefined;
}

/** After the last import of a package, so that those of the application stay together. Imports come before the class. */
function importsAt(
  { statements, text }: t.SourceFile,
  lines: readonly string[],
  { newline }: CodeStyle,
): Insertion {
  const imports = statements.filter(ts.isImportDeclaration);
  const ofPackage = ({ moduleSpecifier }: t.ImportDeclaration) =>
    ts.isStringLiteral(moduleSpecifier) && !moduleSpecifier.text.startsWith('.');
  const last = imports.findLast(ofPackage) ?? imports.at(-1);
  if (last) return { at: last.end, text: lines.map((line) => newline + line).join('') };
  return { at: text.length - text.trimStart().length, text: lines.map((line) => line + newline).join('') };
}
